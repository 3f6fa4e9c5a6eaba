import { request } from "node:http";

import { generateSecret } from "@itsy/key-format";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openRaw } from "./api/raw.ts";
import { startTestApi, type Tenant, type TestApi } from "./api/start-test-api.ts";

let api: TestApi;
let tenant: Tenant;
let other: Tenant;

beforeAll(async () => {
  api = await startTestApi();
  tenant = await api.tenant("acme");
  other = await api.tenant("umbrella");
});
afterAll(() => api[Symbol.asyncDispose]());

type HeaderLines = Readonly<Record<string, string | readonly string[]>>;

interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: HeaderLines;
  readonly body?: string;
  /** `null`: the proxy has none. */
  readonly token?: string | null;
}

/** As a proxy asks; a header may come several times. */
const ask = (question: Question = {}): Promise<Asked> => {
  const { method = "GET", path = "", headers = {}, body, token = tenant.tokens.verifier } = question;
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  const all = { ...headers, ...(token !== null && { "X-Itsy-Token": token }) } as Record<string, string | string[]>;
  const asking = request(`${api.url}/v1/forward-auth${path}`, { method, headers: all }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
  });
  asking.once("error", reject);
  asking.end(body);
  return promise;
};

const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });

const aKey = async (more: object = {}) => {
  const { keys } = api.client(tenant.tokens.admin);
  return keys.create({ name: "Website", environment: "production", ...more });
};

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
    ["is not the proxy's own", "1", null, 503],
    ["is not junk", "1", "unknown", 503],
    ["is not junk that a hop wrote behind a client's address", "1", "10.0.0.1, unknown", 503],
    ["is nobody's word where no hop is trusted", "0", "10.0.0.1", 503],
  ] as const)("%s", async (_what, hops, forwarded, status) => {
    expect(await asking({ TRUSTED_PROXY_HOPS: hops }, forwarded)).toBe(status);
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
