import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { createClient, ItsyError } from "./index.ts";

const TOKEN = "itsy_mt_not-a-real-token";

/** A server of the test's own that answers every request in one way. */
const serve = async (listener: RequestListener) => {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { url, [Symbol.asyncDispose]: close };
};

const failure = async (call: Promise<unknown>): Promise<ItsyError> => {
  const thrown = await call.then(
    () => new Error("the call should have failed"),
    (error: unknown) => error,
  );
  if (thrown instanceof ItsyError) return thrown;
  throw thrown;
};

test("every call is a POST whose URL holds no input", async () => {
  const seen: string[] = [];
  await using server = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.setHeader("content-type", "application/json").end(JSON.stringify({ result: { data: { projects: [] } } }));
  });
  const client = createClient({ url: `${server.url}/`, token: async () => TOKEN });
  expect(await client.projects.list()).toEqual({ projects: [] });
  expect(seen).toEqual([`POST /trpc/projects.list Bearer ${TOKEN}`]);
});

test("the service's error arrives with its code, request id and issues", async () => {
  const error = {
    code: "INVALID_INPUT",
    message: "no",
    requestId: "r-1",
    issues: [{ path: ["name"], message: "too long" }],
  };
  await using server = await serve((_request, response) => {
    const shape = { error: { message: "no", code: -32600, data: { code: "BAD_REQUEST", httpStatus: 400, error } } };
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(shape));
  });
  const thrown = await failure(
    createClient({ url: server.url, token: TOKEN }).keys.create({ name: "x", environment: "local" }),
  );
  expect(thrown).toMatchObject(error);
});

test.each([
  ["nobody listens", async () => "http://127.0.0.1:9"],
  ["a proxy answers in the service's place", null],
] as const)("an answer that is not the service's own is UNREACHABLE: %s", async (_case, unreachable) => {
  await using proxy = await serve((_request, response) => response.writeHead(502).end("<h1>Bad Gateway</h1>"));
  const client = createClient({ url: unreachable ? await unreachable() : proxy.url, token: TOKEN });
  const thrown = await failure(client.projects.list());
  expect(thrown.code).toBe("UNREACHABLE");
  expect(String(thrown)).not.toContain(TOKEN);
});

test("a service that does not answer in time is UNREACHABLE", async () => {
  await using silent = await serve(() => {});
  const thrown = await failure(createClient({ url: silent.url, token: TOKEN, timeoutMs: 50 }).projects.list());
  expect(thrown.code).toBe("UNREACHABLE");
});
