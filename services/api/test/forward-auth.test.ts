import { generateSecret } from "@itsy/key-format";
import { afterAll, describe, expect, test } from "vitest";

import { type Asked, bearer, startForwardAuthProxy } from "./api/forward-auth-proxy.ts";

const { api, tenant, other, ask, aKey } = await startForwardAuthProxy();
afterAll(() => api[Symbol.asyncDispose]());

describe("a good key", () => {
  test("is answered 200 with its identity and no body", async () => {
    const { key, secret } = await aKey({ name: "Büro & Lager, 東京" });
    const { status, headers, body } = await ask({ headers: bearer(secret) });
    expect({ status, body }).toEqual({ status: 200, body: "" });
    expect(headers).toMatchObject({
      "x-itsy-key-id": key.id,
      "x-itsy-workspace": "acme",
      "x-itsy-project": "default",
      "x-itsy-environment": "production",
      "x-itsy-key-name": encodeURIComponent("Büro & Lager, 東京"),
      "ratelimit-policy": '"api-key";q=60;w=60',
      ratelimit: expect.stringMatching(/^"api-key";r=59;t=\d+$/),
      "cache-control": "no-store",
    });
  });

  test("is answered the same to HEAD, and in either header", async () => {
    const { key, secret } = await aKey();
    for (const headers of [bearer(secret), { "X-API-Key": secret }, { ...bearer(secret), "X-API-Key": secret }]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await ask({ method, headers });
        expect([answer.status, answer.headers["x-itsy-key-id"]]).toEqual([200, key.id]);
      }
    }
  });

  test("counts against its limit, and is then answered 429 with when to come back", async () => {
    const { secret } = await aKey({ requestsPerMinute: 2 });
    const statuses = [];
    for (let asked = 0; asked < 2; asked++) statuses.push((await ask({ headers: bearer(secret) })).status);
    const { status, headers, body } = await ask({ headers: bearer(secret) });
    expect([...statuses, status]).toEqual([200, 200, 429]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(headers).toMatchObject({
      ratelimit: `"api-key";r=0;t=${String(headers["retry-after"])}`,
      "ratelimit-policy": '"api-key";q=2;w=60',
      "x-itsy-code": "RATE_LIMITED",
    });
    expect(JSON.parse(body)).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  });
});

describe("a key that is not good", () => {
  test.each([
    ["none", () => ({}), 401, "API_KEY_MISSING", "Bearer"],
    ["an unknown one", () => bearer(generateSecret({ environment: "production" })), 401, "API_KEY_INVALID", /invalid/],
    ["junk", () => bearer("x".repeat(8000)), 401, "API_KEY_INVALID", /invalid/],
    ["two that differ", () => ({ ...bearer("a"), "X-API-Key": "b" }), 400, "API_KEY_AMBIGUOUS", /invalid_request/],
    ["one header twice", () => ({ "X-API-Key": ["a", "a"] }), 400, "API_KEY_AMBIGUOUS", /invalid_request/],
  ] as const)("%s", async (_what, headers, status, code, challenge) => {
    const answer = await ask({ headers: headers() });
    expect([answer.status, answer.headers["x-itsy-code"]]).toEqual([status, code]);
    expect(answer.headers["www-authenticate"]).toMatch(challenge);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code });
    expect(Object.keys(answer.headers).filter((name) => /^x-itsy-(?!code)/.test(name))).toEqual([]);
  });

  test("one of another workspace does not exist", async () => {
    const { secret } = await aKey();
    const answer = await ask({ headers: bearer(secret), token: other.tokens.verifier });
    expect([answer.status, answer.headers["x-itsy-code"]]).toEqual([401, "API_KEY_INVALID"]);
  });

  test("a revoked one is told to be revoked", async () => {
    const { key, secret } = await aKey();
    await api.client(tenant.tokens.admin).keys.revoke({ keyId: key.id });
    const answer = await ask({ headers: bearer(secret) });
    expect([answer.status, answer.headers["x-itsy-code"]]).toEqual([401, "API_KEY_REVOKED"]);
  });
});

describe("what a proxy wants to know of a key", () => {
  const details = { owner: "Bücher & Söhne", metadata: { plan: "größer" }, permissions: ["files:*", "billing"] };
  const namesOf = (headers: Asked["headers"]) =>
    Object.keys(headers).filter((name) => /^x-itsy-(?:owner|metadata|permissions)$/.test(name));

  test("is told when it asks, and not otherwise", async () => {
    const { secret } = await aKey(details);
    expect(namesOf((await ask({ headers: bearer(secret) })).headers)).toEqual([]);
    expect(namesOf((await ask({ headers: bearer(secret), path: "?tell=owner" })).headers)).toEqual(["x-itsy-owner"]);
    const { headers } = await ask({ headers: bearer(secret), path: "?tell=owner,metadata,permissions" });
    expect(headers).toMatchObject({
      "x-itsy-owner": encodeURIComponent(details.owner),
      "x-itsy-metadata": encodeURIComponent(JSON.stringify(details.metadata)),
      "x-itsy-permissions": "billing,files:*",
    });
  });

  test("is told of a good key only, and an owner that there is", async () => {
    const { key, secret } = await aKey();
    const path = "?tell=owner,metadata,permissions";
    const { headers } = await ask({ headers: bearer(secret), path });
    expect([headers["x-itsy-owner"], headers["x-itsy-metadata"], headers["x-itsy-permissions"]]).toEqual([
      undefined,
      "%7B%7D",
      "",
    ]);
    await api.client(tenant.tokens.admin).keys.revoke({ keyId: key.id });
    expect(namesOf((await ask({ headers: bearer(secret), path })).headers)).toEqual([]);
  });
});
