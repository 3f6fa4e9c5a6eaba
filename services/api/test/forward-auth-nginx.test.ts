import { generateSecret } from "@itsy/key-format";
import type { Nginx } from "@itsy/testbed";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  type Application,
  type Arrival,
  hostOf,
  identityOf,
  runsNginx,
  saidTo,
  startApplication,
  startSampleNginx,
} from "./api/forward-auth-nginx.ts";
import { type RawRequest, sendRaw } from "./api/raw-request.ts";
import { startTestApi, type Tenant, type TestApi } from "./api/start-test-api.ts";

let api: TestApi;
let tenant: Tenant;
let application: Application;
let nginx: Nginx;

const beforeAllTests = async () => {
  api = await startTestApi();
  tenant = await api.tenant("acme");
  application = await startApplication();
  const { address } = application;
  const token = tenant.tokens.verifier;
  nginx = await startSampleNginx({ service: hostOf(api.url), application: address, token });
};

const aKey = async (more: object = {}) =>
  api.client(tenant.tokens.admin).keys.create({ name: "Website", environment: "production", ...more });

const send = (lines: readonly string[], request: Partial<RawRequest> = {}) =>
  sendRaw(lines, { to: nginx.url, ...request });

const newArrival = async <T>(act: () => Promise<T>): Promise<{ readonly answer: T; readonly arrival: Arrival }> => {
  const before = application.arrivals.length;
  const answer = await act();
  expect(application.arrivals).toHaveLength(before + 1);
  return { answer, arrival: application.arrivals.at(-1) as Arrival };
};

const noArrival = async <T>(act: () => Promise<T>): Promise<T> => {
  const before = application.arrivals.length;
  const answer = await act();
  expect(application.arrivals).toHaveLength(before);
  return answer;
};

describe.runIf(runsNginx)("nginx with the documented sample", { timeout: 60_000 }, () => {
  beforeAll(beforeAllTests, 300_000);
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    await application?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
  });

  test("a good key's request arrives with its identity, and without the key", async () => {
    const { key, secret } = await aKey({ name: "Büro, 東京" });
    for (const line of [`Authorization: Bearer ${secret}`, `X-API-Key: ${secret}`]) {
      const { answer, arrival } = await newArrival(() => send([line]));
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining("served")]);
      expect(saidTo(arrival)).toEqual(identityOf(key.id, "Büro, 東京"));
      expect(answer.headers.get("ratelimit-policy")).toBe('"api-key";q=60;w=60');
      expect(answer.headers.get("ratelimit")).toMatch(/^"api-key";r=\d+;t=\d+$/);
    }
  });

  test("method, path, query and body arrive as they were sent", async () => {
    const { secret } = await aKey();
    const { arrival } = await newArrival(() =>
      send([`X-API-Key: ${secret}`, "Content-Length: 5"], { request: "PUT /a/b?environment=preview", body: "hello" }),
    );
    expect(arrival).toMatchObject({ method: "PUT", url: "/a/b?environment=preview", body: "hello" });
  });

  test("whatever a client says of itself, the application hears only what the key service said", async () => {
    const { key, secret } = await aKey({ requestsPerMinute: 100_000 });
    const told = [
      "Key-Id",
      "Workspace",
      "Project",
      "Environment",
      "Key-Name",
      "Owner",
      "Metadata",
      "Permissions",
      "Require",
      "Token",
      "Code",
    ];
    const spelled = fc
      .tuple(fc.constantFrom(...told), fc.constantFrom("-", "_"), fc.constantFrom("-", "_", ""), fc.nat(2))
      .map(([name, first, second, letters]) => {
        const whole = `X${first}Itsy${first}${name.replaceAll("-", second)}`;
        return [whole, whole.toUpperCase(), whole.toLowerCase()][letters] ?? whole;
      });
    const space = fc.constantFrom("", " ", "\t");
    const value = fc.constantFrom(
      "umbrella",
      "umbrella, acme",
      "",
      '"umbrella"',
      "acme\tumbrella",
      "%75",
      "x".repeat(500),
    );
    const line = fc
      .tuple(spelled, space, value, space)
      .map(([name, before, text, after]) => `${name}:${before}${text}${after}`);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), fc.nat(12), async (lines, at) => {
        const all = lines.toSpliced(at, 0, `Authorization: Bearer ${secret}`);
        const { arrival } = await newArrival(() => send(all));
        // Names without any separator are other names; none of them is one of the identity's.
        const heard = saidTo(arrival).filter(([name]) => !/^x-itsy-(?:keyid|keyname)$/.test(name));
        expect(heard).toEqual(identityOf(key.id));
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    [
      "a header with a space before its colon",
      (secret: string) => [`X-API-Key: ${secret}`, "X-Itsy-Workspace : umbrella"],
    ],
    ["a folded header", (secret: string) => [`X-API-Key: ${secret}`, "X-Other: a", " X-Itsy-Workspace: umbrella"]],
    ["a header that Connection names", (secret: string) => [`X-API-Key: ${secret}`, "Connection: X-Itsy-Workspace"]],
  ])("%s smuggles nothing", async (_what, lines) => {
    const { key, secret } = await aKey();
    const before = application.arrivals.length;
    const { status } = await send(lines(secret));
    const arrived = application.arrivals.slice(before);
    expect(status === 400 ? [] : arrived.map(saidTo)).toEqual(status === 400 ? [] : [identityOf(key.id)]);
  });

  test("a client's own management token is not taken for the proxy's", async () => {
    const umbrella = await api.tenant(`umbrella-${crypto.randomUUID().slice(0, 8)}`);
    const { secret } = await api
      .client(umbrella.tokens.admin)
      .keys.create({ name: "Theirs", environment: "production" });
    const answer = await noArrival(() =>
      send([`X-API-Key: ${secret}`, `X-Itsy-Token: ${umbrella.tokens.verifier}`, "X-Itsy-Require: "]),
    );
    expect(answer.status).toBe(401);
  });

  test("of two keys that differ none is let through", async () => {
    const [one, two] = [await aKey(), await aKey()];
    const answer = await noArrival(() => send([`Authorization: Bearer ${one.secret}`, `X-API-Key: ${two.secret}`]));
    expect([answer.status, answer.headers.get("x-itsy-code")]).toEqual([400, "API_KEY_AMBIGUOUS"]);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_request"');
  });

  test.each([
    ["no key", [], "API_KEY_MISSING", "Bearer"],
    [
      "an unknown key",
      [`X-API-Key: ${generateSecret({ environment: "production" })}`],
      "API_KEY_INVALID",
      'Bearer error="invalid_token"',
    ],
    ["somebody else's scheme", ["Authorization: Basic YTpi"], "API_KEY_MISSING", "Bearer"],
  ])("%s is 401 with one challenge", async (_what, lines, code, challenge) => {
    const answer = await noArrival(() => send(lines));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(challenge);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 401, code });
  });

  test("a revoked key is 401 from the next request on", async () => {
    const { key, secret } = await aKey();
    await newArrival(() => send([`X-API-Key: ${secret}`]));
    await api.client(tenant.tokens.admin).keys.revoke({ keyId: key.id });
    const answer = await noArrival(() => send([`X-API-Key: ${secret}`]));
    expect([answer.status, answer.headers.get("x-itsy-code")]).toEqual([401, "API_KEY_REVOKED"]);
  });

  test("a key beyond its limit is 429, with when to come back", async () => {
    const { secret } = await aKey({ requestsPerMinute: 1 });
    await newArrival(() => send([`X-API-Key: ${secret}`]));
    const answer = await noArrival(() => send([`X-API-Key: ${secret}`]));
    expect(answer.status).toBe(429);
    const seconds = answer.headers.get("retry-after");
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(answer.headers.get("ratelimit")).toBe(`"api-key";r=0;t=${seconds}`);
    expect(answer.headers.get("ratelimit-policy")).toBe('"api-key";q=1;w=60');
    expect(JSON.parse(answer.body)).toMatchObject({ code: "RATE_LIMITED" });
  });

  test("a key is held against the address of who connects, whatever a client says of itself", async () => {
    const allowed = await aKey({ ipRules: ["127.0.0.0/8"] });
    const elsewhere = await aKey({ ipRules: ["10.0.0.0/8"] });
    const claims = ["X-Forwarded-For: 10.0.0.1", "X-Real-IP: 10.0.0.1", "X-Itsy-Require: ip=10.0.0.1"];
    await newArrival(() => send([`X-API-Key: ${allowed.secret}`, ...claims]));
    for (const lines of [[], claims]) {
      const request = "GET /orders?ip=10.0.0.1&ip=forwarded";
      const answer = await noArrival(() => send([`X-API-Key: ${elsewhere.secret}`, ...lines], { request }));
      expect([answer.status, answer.headers.get("x-itsy-code")]).toEqual([403, "API_KEY_FORBIDDEN"]);
    }
  });

  test("what a location requires and wants to know is asked and told", async () => {
    const { address } = application;
    const token = tenant.tokens.verifier;
    const require = "&permissions=files:read&cost=4&tell=owner,metadata,permissions";
    await using strict = await startSampleNginx({ service: hostOf(api.url), application: address, token, require });
    const details = { owner: "Bücher & Söhne", metadata: { plan: "größer" }, permissions: ["files:*", "billing"] };
    const { key, secret } = await aKey({ ...details, requestsPerMinute: 9 });
    const to = strict.url;
    const { arrival, answer } = await newArrival(() => send([`X-API-Key: ${secret}`], { to }));
    expect(saidTo(arrival)).toEqual([
      ...identityOf(key.id),
      ["x-itsy-owner", encodeURIComponent(details.owner)],
      ["x-itsy-metadata", encodeURIComponent(JSON.stringify(details.metadata))],
      ["x-itsy-permissions", "billing,files:*"],
    ]);
    expect(answer.headers.get("ratelimit")).toMatch(/^"api-key";r=5;/);

    const other = await aKey({ permissions: ["files:write"] });
    const lacking = await noArrival(() => send([`X-API-Key: ${other.secret}`], { to }));
    expect([lacking.status, lacking.headers.get("x-itsy-code")]).toEqual([403, "INSUFFICIENT_PERMISSIONS"]);

    const small = await aKey({ permissions: ["*"], requestsPerMinute: 3 });
    const never = await noArrival(() => send([`X-API-Key: ${small.secret}`], { to }));
    expect([never.status, never.headers.get("retry-after")]).toEqual([429, null]);
  });

  test("the internal location cannot be asked from outside", async () => {
    const { secret } = await aKey();
    const answer = await noArrival(() => send([`X-API-Key: ${secret}`], { request: "GET /.itsy-keys" }));
    expect(answer.status).toBe(404);
  });
});
