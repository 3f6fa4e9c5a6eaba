import type { Verification } from "@itsy/contract";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { type DatabaseKind, databaseKinds, serverKinds } from "./database/fresh-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const TIMEOUT_MS = 15_000;

/** A workspace with one key that its rate limit never stops, and what a replica says of it. */
const start = async (kind: DatabaseKind) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  const { secret } = await admin.keys.create({ name: "a", environment: "local", requestsPerMinute: 1_000_000 });
  let accepted = 0;
  const verify = async (replica: TestApi = api): Promise<Verification> => {
    const verification = (await (await replica.verify(tokens.verifier, { secret })).json()) as Verification;
    if (verification.valid) accepted += 1;
    return verification;
  };
  const untilCode = (code: string, replica?: TestApi) =>
    waitUntil(
      async () => {
        const verification = await verify(replica);
        return (verification.valid ? "VALID" : verification.code) === code;
      },
      { what: `the answer is ${code}`, timeoutMs: TIMEOUT_MS },
    );
  const used = async () => (await admin.workspaces.get({})).usedThisMonth;
  return {
    api,
    tokens,
    admin,
    secret,
    verify,
    untilCode,
    accepted: () => accepted,
    /** What all replicas wrote so far is what was accepted. */
    settled: () =>
      waitUntil(async () => (await used()) === accepted, { what: "all is written", timeoutMs: TIMEOUT_MS }),
    setQuota: (perMonth: number, mode: "notify" | "block" = "block") =>
      api.client(api.operatorToken).workspaces.setQuota({ workspace: "acme", quota: { perMonth, mode } }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

describe.each(databaseKinds)("a monthly quota on %s", (kind) => {
  test("blocks at every door until the month is over, and for one process to the very request", async () => {
    await using started = await start(kind);
    const { api, tokens, admin, secret, verify, untilCode, setQuota } = started;
    await setQuota(1);
    await untilCode("QUOTA_EXCEEDED");
    const perMonth = started.accepted() + 40;
    expect(await setQuota(perMonth)).toMatchObject({ quota: { perMonth, mode: "block" } });
    await untilCode("VALID");
    await Promise.all(Array.from({ length: 100 }, () => verify()));
    expect(started.accepted()).toBe(perMonth);
    await started.settled();

    // The test's clock stands at the first of January.
    const retryAfterMs = 31 * DAY_MS;
    expect(await verify()).toEqual({ valid: false, code: "QUOTA_EXCEEDED", retryAfterMs });
    expect(await admin.keys.verify({ secret })).toEqual({ valid: false, code: "QUOTA_EXCEEDED", retryAfterMs });
    const answer = await fetch(`${api.url}/v1/forward-auth`, {
      headers: { authorization: `Bearer ${secret}`, "x-itsy-token": tokens.verifier },
    });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe(String(retryAfterMs / 1000));
    expect(answer.headers.get("x-itsy-code")).toBe("QUOTA_EXCEEDED");
    expect(await admin.workspaces.get({})).toMatchObject({ usedThisMonth: perMonth });

    api.clock.advance(31 * DAY_MS);
    expect(await verify()).toMatchObject({ valid: true });
    await waitUntil(async () => (await admin.workspaces.get({})).usedThisMonth === 1, {
      what: "February has begun",
      timeoutMs: TIMEOUT_MS,
    });
  });

  test("that is used up refuses however long nobody used the workspace", async () => {
    await using started = await start(kind);
    const { api, verify, untilCode, setQuota, settled } = started;
    const busy = await api.tenant("busy");
    const busyAdmin = api.client(busy.tokens.admin);
    const { secret } = await busyAdmin.keys.create({ name: "b", environment: "local" });
    await setQuota(1);
    await untilCode("QUOTA_EXCEEDED");
    await settled();
    const before = started.accepted();
    // What is known of the months is gone through after each batch, so of two the first is behind us.
    for (let batch = 1; batch <= 4; batch += 1) {
      if (batch % 2 === 1) api.clock.advance(11 * 60_000);
      await api.verify(busy.tokens.verifier, { secret });
      await waitUntil(async () => (await busyAdmin.workspaces.get({})).usedThisMonth === batch, {
        what: "a batch is written",
        timeoutMs: TIMEOUT_MS,
      });
      if (batch % 2 === 0) await Promise.all(Array.from({ length: 20 }, () => verify()));
    }
    expect(started.accepted()).toBe(before);
  });

  test("tells of what the last request reached, though none comes after it", async () => {
    await using started = await start(kind);
    const { api, verify, setQuota, settled } = started;
    await setQuota(2, "notify");
    await verify();
    await settled();
    // What was known is old by now, so the request makes the service look before it is counted.
    api.clock.advance(60 * 60_000);
    await verify();
    await settled();
    await waitUntil(() => /"percent":100/.test(api.logs()), { what: "somebody is told", timeoutMs: 5000 });
  });

  test("tells at 80 and at 100 percent, once each, and lets pass in the mode notify", async () => {
    await using started = await start(kind);
    const { api, verify, setQuota, settled } = started;
    await setQuota(10, "notify");
    const told = () => [...api.logs().matchAll(/"percent":(\d+)/g)].map(([, percent]) => percent);
    for (let time = 0; time < 7; time += 1) await verify();
    await settled();
    expect(told()).toEqual([]);
    for (let time = 0; time < 2; time += 1) expect(await verify()).toMatchObject({ valid: true });
    await waitUntil(() => told().length === 1, { what: "somebody is told of 80 %", timeoutMs: TIMEOUT_MS });
    for (let time = 0; time < 5; time += 1) expect(await verify()).toMatchObject({ valid: true });
    await waitUntil(() => told().length === 2, { what: "somebody is told of 100 %", timeoutMs: TIMEOUT_MS });
    await verify();
    await settled();
    expect(told()).toEqual(["80", "100"]);
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('itsy_quota_reached_total{percent="80"} 1');
    expect(metrics).toContain('itsy_quota_reached_total{percent="100"} 1');
  });
});

describe.each(serverKinds)("two replicas on %s", (kind) => {
  test("know what the other one let through about a second later, and one of them tells", async () => {
    await using started = await start(kind);
    const { api, untilCode, setQuota, verify, settled } = started;
    await using other = await startTestApi({ databaseUrl: api.databaseUrl });
    await verify(other);
    await setQuota(100);
    await settled();
    await untilCode("QUOTA_EXCEEDED");
    await settled();
    await untilCode("QUOTA_EXCEEDED", other);
    await waitUntil(() => /"percent":100/.test(api.logs() + other.logs()), {
      what: "somebody is told",
      timeoutMs: TIMEOUT_MS,
    });
    const told = [...(api.logs() + other.logs()).matchAll(/"percent":100/g)];
    expect(told).toHaveLength(1);
  });
});
