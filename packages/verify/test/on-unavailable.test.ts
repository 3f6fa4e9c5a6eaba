import { findApiKey, requireApiKey } from "@itsy/verify/express";
import { withApiKey } from "@itsy/verify/fetch";
import { type ApiKeyDenied, requireApiKey as trpcRequireApiKey } from "@itsy/verify/trpc";
import { initTRPC, type TRPCError } from "@trpc/server";
import express from "express";
import { describe, expect, test } from "vitest";

import { type KeyService, type Reply, startKeyService } from "./key-service.ts";
import { listen, once, secret, verifierOf } from "./verified.ts";

const authorization = `Bearer ${secret}`;
const down: Reply = { raw: "down", status: 503 };

/** What each middleware does with one request under `onUnavailable`: the key that the handler saw, or the status. */
const doors = {
  express: async (service: KeyService, onUnavailable: "refuse" | "accept") => {
    await using server = await listen(
      express()
        .use(requireApiKey({ verifier: verifierOf(service, once), onUnavailable }))
        .get("/", (request, response) => void response.json({ key: findApiKey(request)?.name ?? null })),
    );
    const response = await fetch(server.url, { headers: { authorization } });
    return response.ok ? ((await response.json()) as object) : response.status;
  },
  fetch: async (service: KeyService, onUnavailable: "refuse" | "accept") => {
    const handler = withApiKey((_request: Request, apiKey) => Response.json({ key: apiKey?.name ?? null }), {
      verifier: verifierOf(service, once),
      onUnavailable,
    });
    const response = await handler(new Request("http://localhost/", { headers: { authorization } }));
    return response.ok ? ((await response.json()) as object) : response.status;
  },
  trpc: async (service: KeyService, onUnavailable: "refuse" | "accept") => {
    const t = initTRPC.context<{ headers: Headers }>().create();
    const headers = (context: { headers: Headers }) => context.headers;
    const router = t.router({
      key: t.procedure
        .use(trpcRequireApiKey({ verifier: verifierOf(service, once), onUnavailable, headers }))
        .query(({ ctx }) => ({ key: ctx.apiKey?.name ?? null })),
    });
    const caller = router.createCaller({ headers: new Headers({ authorization }) });
    return caller.key().catch(({ cause }: TRPCError) => (cause as ApiKeyDenied).answer.status);
  },
};

describe.each(Object.entries(doors))("%s: when nobody can say whether the key is good", (_name, door) => {
  test("the request is refused unless it is told otherwise", async () => {
    await using service = await startKeyService(down);
    expect(await door(service, "refuse")).toBe(503);
    expect(await door(service, "accept")).toEqual({ key: null });
  });

  test("an outage is accepted; a refusal, a wrong token or something else in its place never is", async () => {
    for (const [reply, status] of [
      [{ say: { valid: false, code: "REVOKED" } }, 401],
      [{ say: { valid: false, code: "INVENTED_LATER" } }, 403],
      [{ error: "UNAUTHENTICATED" }, 503],
      [{ raw: "<html>please sign in</html>" }, 503],
    ] satisfies [Reply, number][]) {
      await using service = await startKeyService(reply);
      expect(await door(service, "accept")).toBe(status);
    }
  });

  test("a verified key is there either way", async () => {
    await using service = await startKeyService();
    expect(await door(service, "accept")).toEqual({ key: "Website Integration" });
  });
});
