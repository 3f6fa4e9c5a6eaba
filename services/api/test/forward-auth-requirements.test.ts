import { afterAll, describe, expect, test } from "vitest";

import { bearer, startForwardAuthProxy } from "./api/forward-auth-proxy.ts";

const { api, ask, aKey } = await startForwardAuthProxy();
afterAll(() => api[Symbol.asyncDispose]());

describe("requirements", () => {
  test("of the query are of the key", async () => {
    const { secret } = await aKey();
    const statusOf = async (path: string) => (await ask({ headers: bearer(secret), path })).status;
    expect(await statusOf("?environment=production&project=default")).toBe(200);
    expect(await statusOf("?environment=preview")).toBe(403);
    expect(await statusOf("?project=other")).toBe(403);
  });

  test("that are not understood let nothing through", async () => {
    const { secret } = await aKey({ permissions: ["*"] });
    const wrong = [
      "?permissions=files:read&permissions=files:read",
      "?permissions=",
      "?permissions=files:*",
      "?permissions=files:read,",
      "?ip=fe80::1%25eth0",
      "?ip=10.0.0.1&ip=10.0.0.1",
      "?ip=10.0.0.1,10.0.0.2",
      "?ip=unix:",
      "?ip=forwarded",
      "?cost=0",
      "?cost=1.5",
      "?cost=1e3",
      "?cost=%2B1",
      "?cost=1000001",
      "?tell=secret",
      "?tell=",
      "?constructor=1",
      "?__proto__=1",
    ];
    for (const path of [
      "?environment=prod",
      "?enviroment=preview",
      "?project=a&project=default",
      "?environment=",
      ...wrong,
    ]) {
      const answer = await ask({ headers: bearer(secret), path });
      expect([answer.status, answer.headers["x-itsy-code"]]).toEqual([503, "VERIFICATION_UNAVAILABLE"]);
    }
  });

  test("may be permissions, an address and a cost", async () => {
    const { secret } = await aKey({ permissions: ["files:*"], ipRules: ["10.0.0.0/8"], requestsPerMinute: 10 });
    const told = async (path: string) => {
      const { status, headers } = await ask({ headers: bearer(secret), path });
      return [status, headers["x-itsy-code"] ?? String(headers["ratelimit"]).split(";")[1]];
    };
    expect(await told("?ip=10.0.0.1&permissions=files:read,files:write&cost=4")).toEqual([200, "r=6"]);
    expect(await told("?ip=::ffff:10.0.0.1")).toEqual([200, "r=5"]);
    expect(await told("?ip=10.0.0.1&permissions=files:read,billing")).toEqual([403, "INSUFFICIENT_PERMISSIONS"]);
    expect(await told("?ip=192.0.2.1")).toEqual([403, "API_KEY_FORBIDDEN"]);
    expect(await told("")).toEqual([403, "API_KEY_FORBIDDEN"]);
    expect(await told("?ip=10.0.0.1&cost=6")).toEqual([429, "RATE_LIMITED"]);
    expect(await told("?ip=10.0.0.1&cost=5")).toEqual([200, "r=0"]);
  });

  test("of a cost above the limit are refused without a time to come back", async () => {
    const { secret } = await aKey({ requestsPerMinute: 10 });
    const { status, headers } = await ask({ headers: bearer(secret), path: "?cost=11" });
    expect([status, headers["x-itsy-code"]]).toEqual([429, "RATE_LIMITED"]);
    expect(headers["retry-after"]).toBeUndefined();
    expect(headers).toMatchObject({ ratelimit: '"api-key";r=10;t=0', "ratelimit-policy": '"api-key";q=10;w=60' });
  });

  test("stand in a header where path, query and method are the client's", async () => {
    const { secret } = await aKey();
    const prefixed = async (require: string) =>
      (
        await ask({
          method: "DELETE",
          path: "/orders/1?environment=preview&x=%zz",
          headers: { ...bearer(secret), ...(require !== "" && { "X-Itsy-Require": require }) },
        })
      ).status;
    expect(await prefixed("")).toBe(200);
    expect(await prefixed("environment=production")).toBe(200);
    expect(await prefixed("environment=preview")).toBe(403);
    expect(await prefixed("what")).toBe(503);
    expect(await prefixed("environment=production&permissions=files:read")).toBe(403);
  });

  test("stand in one such header: a second one may be a client's", async () => {
    const { secret } = await aKey();
    const headers = { ...bearer(secret), "X-Itsy-Require": ["environment=production", "cost=1"] };
    expect((await ask({ path: "/orders", headers })).status).toBe(503);
  });
});
