import { expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";

test("requests and verifications are counted by door, code and outcome, whichever door they came through", async () => {
  await using api = await startTestApi();
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  const { key, secret } = await admin.keys.create({ name: "a", environment: "local", requestsPerMinute: 2 });
  await api.verify(tokens.verifier, { secret });
  await admin.keys.verify({ secret });
  await api.verify(tokens.verifier, { secret });
  await api.verify(tokens.verifier, { secret: "no secret" });
  await api.verify("no token", { secret });
  await admin.keys.get({ keyId: `key_${"0".repeat(26)}` }).catch(() => undefined);
  await admin.keys.revoke({ keyId: key.id });
  await api.verify(tokens.verifier, { secret });

  const response = await fetch(`${api.url}/metrics`);
  const lines = (await response.text()).split("\n");
  expect(response.headers.get("content-type")).toContain("text/plain");
  for (const line of [
    'itsy_verifications_total{outcome="VALID"} 2',
    'itsy_verifications_total{outcome="RATE_LIMITED"} 1',
    'itsy_verifications_total{outcome="NOT_FOUND"} 1',
    'itsy_verifications_total{outcome="REVOKED"} 1',
    'itsy_request_duration_seconds_count{door="verify",code="OK"} 4',
    'itsy_request_duration_seconds_count{door="verify",code="UNAUTHENTICATED"} 1',
    'itsy_request_duration_seconds_count{door="trpc",code="NOT_FOUND"} 1',
    "itsy_verification_cache_entries 1",
    'itsy_rate_limit_database_calls_total{outcome="failed"} 0',
    "itsy_rate_limit_unavailable_total 0",
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.join("\n")).toMatch(/^itsy_rate_limit_database_calls_total\{outcome="written"\} [1-9]/m);
  expect(lines.some((line) => line.startsWith("process_cpu_seconds_total"))).toBe(true);
});
