import { generateSecret } from "@itsy/key-format";
import type { VerifiedKey } from "@itsy/verify";
import { apiKeyOf, requireApiKey } from "@itsy/verify/express";
import { checkApiKey, withApiKey } from "@itsy/verify/fetch";
import { requireApiKey as trpcRequireApiKey } from "@itsy/verify/trpc";
import { initTRPC, TRPCError } from "@trpc/server";
import express from "express";
import { describe, expect, test } from "vitest";

import { startKeyService, valid } from "./key-service.ts";
import { watchUnhandled } from "./unhandled.ts";
import { listen, secret, verifierOf } from "./verified.ts";

const authorization = `Bearer ${secret}`;

describe("Express", () => {
  test("a handler without its middleware fails closed", async () => {
    await using server = await listen(express().get("/", (request, response) => void response.json(apiKeyOf(request))));
    expect((await fetch(server.url)).status).toBe(500);
    expect(() => apiKeyOf({})).toThrow(expect.objectContaining({ code: "NOT_VERIFIED" }));
  });

  test("what a request must fulfil can depend on the request, and is asked of the service", async () => {
    await using service = await startKeyService({ say: valid({ project: "shop" }) });
    const app = express().use("/:project", (request, response, next) => {
      void requireApiKey({ verifier: verifierOf(service), required: { project: request.params["project"] } })(
        request,
        response,
        next,
      );
    });
    app.get("/:project", (request, response) => void response.json(apiKeyOf(request).project));
    await using server = await listen(app);
    expect(await (await fetch(`${server.url}/shop`, { headers: { authorization } })).json()).toBe("shop");
    expect(service.asked[0]?.input.project).toBe("shop");
    // No slug: an error of the request, not an outage, and nothing is asked.
    expect((await fetch(`${server.url}/..%2fadmin`, { headers: { authorization } })).status).toBe(500);
    expect(service.asked).toHaveLength(1);
  });

  test("a header that came twice is seen, though Node.js keeps only the first", async () => {
    await using service = await startKeyService();
    await using server = await listen(express().use(requireApiKey({ verifier: verifierOf(service) })));
    const response = await fetch(server.url, {
      headers: [
        ["X-API-Key", secret],
        ["X-API-Key", generateSecret({ environment: "local" })],
      ],
    });
    expect(response.status).toBe(400);
    expect(service.asked).toHaveLength(0);
  });

  test("limits that the server tells of itself stay", async () => {
    await using service = await startKeyService();
    const app = express().use((_request, response, next) => {
      response.setHeader("RateLimit-Policy", '"ip";q=1000;w=60');
      next();
    });
    app.use(requireApiKey({ verifier: verifierOf(service) })).get("/", (_request, response) => void response.end());
    await using server = await listen(app);
    const { headers } = await fetch(server.url, { headers: { authorization } });
    expect(headers.get("ratelimit-policy")).toBe('"ip";q=1000;w=60, "api-key";q=60;w=60');
  });
});

describe("Fetch", () => {
  const request = () => new Request("http://localhost/", { headers: { "x-api-key": secret } });

  test("the platform's further arguments reach the handler", async () => {
    await using service = await startKeyService();
    const handler = withApiKey(
      (_request: Request, apiKey: VerifiedKey, { params }: { params: { id: string } }) =>
        Response.json([apiKey.name, params.id]),
      { verifier: verifierOf(service) },
    );
    const response = await handler(request(), { params: { id: "7" } });
    expect(await response.json()).toEqual(["Website Integration", "7"]);
  });

  test("a response whose headers cannot be changed gets the fields too", async () => {
    await using service = await startKeyService();
    const handler = withApiKey(() => Response.redirect("http://localhost/next"), { verifier: verifierOf(service) });
    const { status, headers } = await handler(request());
    expect([status, headers.get("location")]).toEqual([302, "http://localhost/next"]);
    expect(headers.get("ratelimit")).toBe('"api-key";r=59;t=1');
  });

  test("what the handler throws is the handler's", async () => {
    await using service = await startKeyService();
    const handler = withApiKey(() => Promise.reject(new Error("mine")), { verifier: verifierOf(service) });
    await expect(handler(request())).rejects.toThrow("mine");
  });

  test("checkApiKey gives a ready response, or the key and the fields", async () => {
    await using service = await startKeyService();
    const options = { verifier: verifierOf(service) };
    expect(await checkApiKey(request(), options)).toMatchObject({ passed: true, apiKey: { workspace: "acme" } });
    const check = await checkApiKey(new Request("http://localhost/"), options);
    expect(check.passed ? null : check.response.status).toBe(401);
  });
});

describe("tRPC", () => {
  const t = initTRPC.context<{ readonly headers: Record<string, string>; readonly user: string }>().create();
  type Context = { readonly headers: Record<string, string>; readonly user: string };
  const context: Context = { headers: { "x-api-key": secret }, user: "ada" };

  test("the context keeps what it had and gains the key", async () => {
    await using service = await startKeyService();
    const withKey = t.procedure.use(
      trpcRequireApiKey({ verifier: verifierOf(service), headers: ({ headers }: Context) => headers }),
    );
    const router = t.router({ who: withKey.query(({ ctx }) => `${ctx.user} ${ctx.apiKey.keyId}`) });
    expect(await router.createCaller(context).who()).toBe("ada key_01jd0000000000000000000000");
  });

  test("what a procedure throws passes through as it is", async () => {
    await using service = await startKeyService();
    const withKey = t.procedure.use(
      trpcRequireApiKey({ verifier: verifierOf(service), headers: ({ headers }: Context) => headers }),
    );
    const teapot = new TRPCError({ code: "PRECONDITION_FAILED", message: "a teapot" });
    const router = t.router({
      brew: withKey.mutation(() => {
        throw teapot;
      }),
    });
    await expect(router.createCaller(context).brew()).rejects.toBe(teapot);
  });

  test("an error formatter finds why, and the headers are set", async () => {
    await using service = await startKeyService({ say: { valid: false, code: "RATE_LIMITED", retryAfterMs: 1500 } });
    const set = new Map<string, string>();
    const withKey = t.procedure.use(
      trpcRequireApiKey({
        verifier: verifierOf(service),
        headers: ({ headers }: Context) => headers,
        setHeader: (_context, name, value) => void set.set(name, value),
      }),
    );
    const router = t.router({ who: withKey.query(() => "nobody") });
    const error = await router
      .createCaller(context)
      .who()
      .catch((thrown: TRPCError) => thrown);
    expect(error).toMatchObject({
      code: "TOO_MANY_REQUESTS",
      cause: { denial: { code: "RATE_LIMITED", retryAfterMs: 1500 }, answer: { status: 429 } },
    });
    expect(Object.fromEntries(set)).toMatchObject({ "Retry-After": "2", RateLimit: '"api-key";r=0;t=2' });
  });

  test.each([
    () => {
      throw new Error("the headers have left");
    },
    () => Promise.reject(new Error("the headers have left")),
  ])("headers that cannot be set change no decision", async (setHeader) => {
    using unhandled = watchUnhandled();
    await using service = await startKeyService();
    const headers = ({ headers: given }: Context) => given;
    const withKey = t.procedure.use(trpcRequireApiKey({ verifier: verifierOf(service), headers, setHeader }));
    const caller = t.router({ who: withKey.query(({ ctx }) => ctx.apiKey.name) }).createCaller(context);
    expect(await caller.who()).toBe("Website Integration");
    service.answer({ say: { valid: false, code: "REVOKED" } });
    await expect(caller.who()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(await unhandled.reasons()).toEqual([]);
  });
});
