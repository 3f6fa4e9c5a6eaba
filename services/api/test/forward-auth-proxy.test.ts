import { afterAll, describe, expect, test } from "vitest";

import { bearer, startForwardAuthProxy } from "./api/forward-auth-proxy.ts";
import { openRaw } from "./api/raw.ts";

const { api, tenant, other, ask, aKey } = await startForwardAuthProxy();
afterAll(() => api[Symbol.asyncDispose]());

describe("the proxy's own token", () => {
  test("is needed: what is wrong with it is never said of the client's key", async () => {
    const { secret } = await aKey();
    for (const token of [null, "", "junk", tenant.tokens.viewer, api.operatorToken, secret]) {
      const answer = await ask({ headers: bearer(secret), token });
      expect([answer.status, answer.headers["x-itsy-code"]]).toEqual([503, "VERIFICATION_UNAVAILABLE"]);
      expect(answer.headers["www-authenticate"]).toBeUndefined();
    }
    expect(api.logs()).toContain("a proxy asks in a wrong way");
  });

  test("is not one that a client put beside it", async () => {
    const { secret } = await aKey();
    await using raw = await openRaw(api.url);
    const lines = [tenant.tokens.verifier, other.tokens.verifier].map((token) => `X-Itsy-Token: ${token}\r\n`);
    raw.write(`GET /v1/forward-auth HTTP/1.1\r\nHost: a\r\n${lines.join("")}X-API-Key: ${secret}\r\n\r\n`);
    expect(await raw.received(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test("does not stand in Authorization, which is the client's", async () => {
    const { secret } = await aKey();
    const headers = { ...bearer(tenant.tokens.verifier), "X-API-Key": secret };
    expect((await ask({ headers, token: null })).status).toBe(503);
  });
});

test("other methods are refused, with a code", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers, body } = await ask({ method });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
    expect(JSON.parse(body)).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
  }
});

test("headers that were not read may hide a second key: the request is refused", async () => {
  const { secret } = await aKey();
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x-${index}`, "1"]));
  expect((await ask({ headers: { ...bearer(secret), ...many } })).status).toBe(413);
});

test("a body is not read, and the answer arrives all the same", async () => {
  const { secret } = await aKey();
  const answer = await ask({ headers: { ...bearer(secret), "Content-Length": "50000" }, body: "x".repeat(50_000) });
  expect([answer.status, answer.headers["connection"]]).toEqual([200, "close"]);
});

test("paths that only begin alike are not this door", async () => {
  expect((await ask({ path: "ed" })).status).toBe(404);
});

test("neither a key nor the proxy's token is logged", async () => {
  const { secret } = await aKey();
  await ask({ headers: bearer(secret), path: "?environment=prod" });
  expect(api.logs()).not.toContain(secret);
  expect(api.logs()).not.toContain(tenant.tokens.verifier);
});
