import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { createVerifier, type Verifier } from "@itsy/verify";
import { apiKeyOf, requireApiKey } from "@itsy/verify/express";
import { withApiKey } from "@itsy/verify/fetch";
import express from "express";
import { describe, expect, test } from "vitest";

import { startTestApi, type TestApi } from "./api/start-test-api.ts";

/** What a client of an API that the SDK protects is told. */
type Ask = (secret: string) => Promise<Response>;

interface Protected extends AsyncDisposable {
  readonly ask: Ask;
}

const withExpress = async (verifier: Verifier): Promise<Protected> => {
  const app = express().use(requireApiKey({ verifier }));
  app.get("/", (request, response) => void response.json(apiKeyOf(request).name));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ask: (secret) => fetch(url, { headers: { "x-api-key": secret } }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const withFetch = async (verifier: Verifier): Promise<Protected> => {
  const handler = withApiKey((_request: Request, { name }) => Response.json(name), { verifier });
  return {
    ask: (secret) => handler(new Request("http://localhost/", { headers: { authorization: `Bearer ${secret}` } })),
    [Symbol.asyncDispose]: async () => undefined,
  };
};

const toldOf = async (asked: Promise<Response>) => {
  const response = await asked;
  const body = (await response.json()) as { readonly code?: string };
  return { status: response.status, said: body.code ?? body, retryAfter: response.headers.get("retry-after") };
};

const start = async () => {
  const api: TestApi = await startTestApi();
  const { tokens } = await api.tenant("acme");
  const { keys } = api.client(tokens.admin);
  const make = (name: string, requestsPerMinute = 60) =>
    keys.create({ name, environment: "production", requestsPerMinute });
  // With room for a busy machine: what is told is the matter, not how soon.
  const verifier = createVerifier({ url: api.url, token: tokens.verifier, timeoutMs: 10_000 });
  return { api, keys, make, verifier };
};

describe.each([
  ["Express", withExpress],
  ["Fetch", withFetch],
])("behind the middleware for %s, with the service itself,", (_which, protect) => {
  test("a good key passes, and is refused from the moment its revocation returned", async () => {
    const { api, keys, make, verifier } = await start();
    await using _api = api;
    await using server = await protect(verifier);
    const { secret, key } = await make("good");
    expect(await toldOf(server.ask(secret))).toEqual({ status: 200, said: "good", retryAfter: null });
    await keys.revoke({ keyId: key.id });
    expect(await toldOf(server.ask(secret))).toMatchObject({ status: 401, said: "API_KEY_REVOKED" });
  });

  test("a key beyond its limit is told when to come back, and then passes", async () => {
    const { api, make, verifier } = await start();
    await using _api = api;
    await using server = await protect(verifier);
    const { secret } = await make("limited", 2);
    for (let asked = 0; asked < 2; asked++) expect((await server.ask(secret)).status).toBe(200);
    const refused = await toldOf(server.ask(secret));
    expect(refused).toMatchObject({ status: 429, said: "RATE_LIMITED" });
    const afterS = Number(refused.retryAfter);
    expect([afterS >= 1, afterS <= 61]).toEqual([true, true]);
    api.clock.advance(afterS * 1000);
    expect((await server.ask(secret)).status).toBe(200);
  });

  test("a service that is stopped is an outage: nobody is told that a good key is bad", async () => {
    const { api, make, verifier } = await start();
    const { secret } = await make("good");
    await using server = await protect(verifier);
    expect((await server.ask(secret)).status).toBe(200);
    await api[Symbol.asyncDispose]();
    expect(await toldOf(server.ask(secret))).toMatchObject({ status: 503, said: "VERIFICATION_UNAVAILABLE" });
  });
});
