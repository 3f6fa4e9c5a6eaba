import { generateSecret } from "@itsy/key-format";
import { createTRPCUntypedClient, httpBatchStreamLink } from "@trpc/client";
import { describe, expect, test } from "vitest";

import { type KeyService, type Reply, startKeyService, valid } from "./key-service.ts";
import { type RunningExample, runExample } from "./run-example.ts";

const secret = generateSecret({ environment: "production" });
const other = generateSecret({ environment: "production" });
const bearer = { authorization: `Bearer ${secret}` };

const paths: Readonly<Record<string, string>> = {
  express: "/v1/hello",
  fetch: "/",
  hono: "/v1/hello",
  trpc: "/hello",
};

/** tRPC has an error shape of its own; the status and the headers are the same everywhere. */
const codeOf = (name: string, body: object) => (name === "trpc" ? undefined : Object(body).code);
const helloOf = (name: string, body: object) => (name === "trpc" ? Object(body).result?.data : body);

describe.each(Object.keys(paths))("examples/%s.ts", (name) => {
  const get = async ({ url }: RunningExample, headers: Record<string, string> = bearer) => {
    const response = await fetch(url + paths[name], { headers });
    const text = await response.text();
    expect(text).not.toContain(secret);
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as object };
  };

  test("answers for every state of a key", async () => {
    await using service = await startKeyService({
      say: valid({ rateLimit: { limit: 60, remaining: 7, resetMs: 1200 } }),
    });
    await using example = await runExample(name, service);

    const good = await get(example);
    expect([good.status, helloOf(name, good.body)]).toEqual([200, { hello: "Website Integration" }]);
    expect(good.headers.get("ratelimit-policy")).toBe('"api-key";q=60;w=60');
    expect(good.headers.get("ratelimit")).toBe('"api-key";r=7;t=2');
    expect((await get(example, { "X-API-Key": secret })).status).toBe(200);
    expect((await get(example, { ...bearer, "X-API-Key": secret })).status).toBe(200);
    expect(service.asked[0]?.input).toEqual({ secret, environment: "production" });

    const refusals: readonly (readonly [reply: Reply, status: number, code: string])[] = [
      [{ say: { valid: false, code: "NOT_FOUND" } }, 401, "API_KEY_INVALID"],
      [{ say: { valid: false, code: "REVOKED" } }, 401, "API_KEY_REVOKED"],
      [{ say: { valid: false, code: "PAUSED" } }, 401, "API_KEY_PAUSED"],
      [{ say: { valid: false, code: "EXPIRED" } }, 401, "API_KEY_EXPIRED"],
      [{ say: { valid: false, code: "FORBIDDEN" } }, 403, "API_KEY_FORBIDDEN"],
    ];
    for (const [reply, status, code] of refusals) {
      service.answer(reply);
      const refused = await get(example);
      expect([refused.status, codeOf(name, refused.body)]).toEqual([status, name === "trpc" ? undefined : code]);
      expect(refused.headers.get("www-authenticate")).toBe(status === 401 ? 'Bearer error="invalid_token"' : null);
      if (name !== "trpc") expect(refused.headers.get("content-type")).toBe("application/problem+json");
    }

    service.answer({ say: { valid: false, code: "RATE_LIMITED", retryAfterMs: 12_001 } });
    const limited = await get(example);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "13"]);
    expect(limited.headers.get("ratelimit")).toBe('"api-key";r=0;t=13');

    const asked = service.asked.length;
    const none = await get(example, {});
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await get(example, { ...bearer, "X-API-Key": other })).status).toBe(400);
    expect((await get(example, { authorization: "Bearer junk" })).status).toBe(401);
    expect(service.asked).toHaveLength(asked);
  });

  test("answers 503 while the service is slow, broken or something else, and then does not ask it any more", async () => {
    await using service = await startKeyService();
    await using example = await runExample(name, service);
    const isUnavailable = async () => {
      const { status, headers, body } = await get(example);
      expect([status, codeOf(name, body)]).toEqual([503, name === "trpc" ? undefined : "VERIFICATION_UNAVAILABLE"]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    };
    for (const reply of [
      { raw: "<html>please sign in</html>" },
      { raw: JSON.stringify(valid()).slice(0, -1) },
      { say: { ok: true } },
      "reset",
      "hang",
    ] satisfies Reply[]) {
      service.answer(reply);
      await isUnavailable();
    }
    service.answer({ error: "INTERNAL" });
    const opened = async () => {
      const asked = service.asked.length;
      await isUnavailable();
      return service.asked.length === asked;
    };
    await expect.poll(opened, { interval: 1, timeout: 10_000 }).toBe(true);
    // And comes back by itself, with the next probe.
    service.answer({ say: valid() });
    await expect.poll(async () => (await get(example)).status, { interval: 100, timeout: 10_000 }).toBe(200);
  });

  test("answers 503 while nobody listens", async () => {
    const gone: KeyService = await startKeyService();
    await gone[Symbol.asyncDispose]();
    await using example = await runExample(name, gone);
    expect((await get(example)).status).toBe(503);
  });
});

test("examples/trpc.ts answers each call of a streamed batch, whose headers left before it was judged", async () => {
  await using service = await startKeyService();
  await using example = await runExample("trpc", service);
  const trpc = createTRPCUntypedClient({ links: [httpBatchStreamLink({ url: example.url, headers: bearer })] });
  const batch = async () => Promise.allSettled([trpc.query("hello"), trpc.query("hello")]);
  const good = { status: "fulfilled", value: { hello: "Website Integration" } };
  expect(await batch()).toEqual([good, good]);
  expect(service.asked).toHaveLength(2);

  service.answer({ say: { valid: false, code: "RATE_LIMITED", retryAfterMs: 12_001 } });
  const limited = { status: "rejected", reason: { data: { code: "TOO_MANY_REQUESTS", httpStatus: 429 } } };
  expect(await batch()).toMatchObject([limited, limited]);
});

test("examples/permissions.ts asks for what each route needs, from where and at what cost", async () => {
  await using service = await startKeyService({ say: valid({ permissions: ["files:*"] }) });
  await using example = await runExample("permissions", service);
  const get = async (method: string, path: string) => {
    const response = await fetch(example.url + path, { method, headers: bearer });
    return [response.status, await response.json(), response.headers.get("www-authenticate")];
  };
  const ip = expect.stringMatching(/^(?:::1|::ffff:127\.0\.0\.1|127\.0\.0\.1)$/);
  expect(await get("GET", "/v1/files")).toEqual([200, { trash: ["old.txt"] }, null]);
  expect(service.asked.at(-1)?.input).toEqual({ secret, permissions: ["files:read"], ip, cost: 1 });
  service.answer({ say: valid({ permissions: ["files:read"] }) });
  expect(await get("GET", "/v1/files")).toEqual([200, { trash: "hidden" }, null]);

  service.answer({ say: valid({ permissions: ["*"] }) });
  expect(await get("POST", "/v1/exports")).toEqual([202, { started: true }, null]);
  const permissions = ["files:read", "exports:create"];
  expect(service.asked.at(-1)?.input).toEqual({ secret, permissions, ip, cost: 10 });

  service.answer({ say: { valid: false, code: "INSUFFICIENT_PERMISSIONS" } });
  const scope = 'Bearer error="insufficient_scope"';
  const lacking = expect.objectContaining({ status: 403, code: "INSUFFICIENT_PERMISSIONS" });
  expect(await get("POST", "/v1/exports")).toEqual([403, lacking, scope]);
  service.answer({ say: { valid: false, code: "FORBIDDEN" } });
  const elsewhere = expect.objectContaining({ status: 403, code: "API_KEY_FORBIDDEN" });
  expect(await get("GET", "/v1/files")).toEqual([403, elsewhere, null]);
});
