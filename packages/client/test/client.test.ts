import { createClient } from "@itsy/client";
import { expect, test } from "vitest";

import { failure } from "./failure.ts";
import { serve } from "./serve.ts";

const TOKEN = "itsy_mt_not-a-real-token";

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

test.each(["INVALID_INPUT", "OF_A_NEWER_SERVICE"])(
  "the service's error %s arrives with its request id and issues",
  async (code) => {
    const error = {
      code,
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
  },
);

test("a service that does not answer in time is UNREACHABLE", async () => {
  await using silent = await serve(() => {});
  const thrown = await failure(createClient({ url: silent.url, token: TOKEN, timeoutMs: 50 }).projects.list());
  expect(thrown.code).toBe("UNREACHABLE");
});

test("an input that JSON cannot write is the caller's own mistake, and is not sent", async () => {
  let arrivals = 0;
  await using server = await serve((_request, response) => {
    arrivals += 1;
    response.end();
  });
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  for (const wrong of [{ requestsPerMinute: 60n }, circle]) {
    const input = { name: "x", environment: "local", ...wrong } as never;
    const thrown = await failure(createClient({ url: server.url, token: TOKEN }).keys.create(input));
    expect(thrown).toMatchObject({ code: "INVALID_INPUT", cause: expect.any(TypeError) });
  }
  expect(arrivals).toBe(0);
});
