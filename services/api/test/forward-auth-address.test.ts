import { describe, expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";

describe("the client's address in X-Forwarded-For", () => {
  const asking = async (env: Record<string, string>, forwarded: string | null) => {
    await using own = await startTestApi({ env });
    const { tokens } = await own.tenant("acme");
    const issued = await own
      .client(tokens.admin)
      .keys.create({ name: "a", environment: "local", ipRules: ["10.0.0.0/8"] });
    const response = await fetch(`${own.url}/v1/forward-auth?ip=forwarded`, {
      headers: {
        "X-Itsy-Token": tokens.verifier,
        "X-API-Key": issued.secret,
        ...(forwarded !== null && { "X-Forwarded-For": forwarded }),
      },
    });
    return response.status;
  };
  test.each([
    ["is what the trusted hop wrote", "1", "10.0.0.1", 200],
    ["is not what a client wrote before it", "1", "10.0.0.1, 192.0.2.1", 403],
    ["is, of two trusted hops, what the outer one wrote", "2", "192.0.2.9, 10.0.0.1, 172.16.0.1", 200],
    ["is not what an inner hop wrote where the outer one wrote nothing", "2", "10.0.0.1", 503],
    ["is not the proxy's own", "1", null, 503],
    ["is not junk", "1", "unknown", 503],
    ["is not junk that a hop wrote behind a client's address", "1", "10.0.0.1, unknown", 503],
    ["is nobody's word where no hop is trusted", "0", "10.0.0.1", 503],
  ] as const)("%s", async (_what, hops, forwarded, status) => {
    expect(await asking({ TRUSTED_PROXY_HOPS: hops }, forwarded)).toBe(status);
  });
});
