import { createClient, ItsyError } from "@itsy/client";
import { describe, expect, test } from "vitest";

import { failure, printed } from "./failure.ts";
import { serve } from "./serve.ts";

const token = "itsy_mt_not-a-real-token";
const thrownBy = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return error;
  }
};

describe("settings that do not fit are refused at once, and not quoted", () => {
  test.each([
    { url: "" },
    { url: "keys.example.com" },
    { url: "ftp://keys.example.com" },
    { url: "https://admin:hunter2@keys.example.com" },
    { url: "https://hunter2@keys.example.com" },
    { url: "https://admin:hunter2@[" },
    { token: `${token}\n` },
    { token: `${token} ${token}` },
    { token: `${token}é` },
    { token: undefined as unknown as string },
    { timeoutMs: 0 },
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
    { timeoutMs: Number.POSITIVE_INFINITY },
    { timeoutMs: 3_000_000_000 },
  ])("%o", (wrong) => {
    const thrown = thrownBy(() => createClient({ url: "https://keys.example.com", token, ...wrong }));
    expect(thrown).toBeInstanceOf(ItsyError);
    const issues = [{ path: Object.keys(wrong) }];
    expect(thrown).toMatchObject({ code: "INVALID_INPUT", issues, cause: undefined });
    expect(printed(thrown)).not.toMatch(/hunter2|not-a-real-token/);
  });

  test.each([1, 2_147_483_647, undefined])("a call may take %s ms", (timeoutMs) => {
    expect(thrownBy(() => createClient({ url: "https://k.test", token, timeoutMs } as never))).not.toBeInstanceOf(
      Error,
    );
  });
});

describe("a token that is read for each call", () => {
  test.each([`${token}\n`, `${token}\r\nX-Role: admin`, "", undefined as unknown as string])(
    "and cannot be sent is neither sent nor quoted: %o",
    async (wrong) => {
      let arrivals = 0;
      await using server = await serve((_request, response) => {
        arrivals += 1;
        response.end();
      });
      const thrown = await failure(createClient({ url: server.url, token: async () => wrong }).projects.list());
      expect(thrown).toMatchObject({ code: "UNAUTHENTICATED", cause: undefined });
      expect(printed(thrown)).not.toMatch(/not-a-real-token/);
      expect(arrivals).toBe(0);
    },
  );

  test("and the empty one of a variable that is not set: nothing is sent", async () => {
    const thrown = await failure(createClient({ url: "http://127.0.0.1:9", token: "" }).projects.list());
    expect(thrown).toMatchObject({ code: "UNAUTHENTICATED", cause: undefined });
  });

  test("and cannot be read: the cause is the reader's own", async () => {
    const sealed = new Error("the vault is sealed");
    const reader = () => {
      throw sealed;
    };
    const thrown = await failure(createClient({ url: "http://127.0.0.1:9", token: reader }).projects.list());
    expect(thrown).toMatchObject({ code: "UNAUTHENTICATED", cause: sealed });
  });
});

test.each([
  ["a page", "<h1>Sign in, hunter2</h1>", 200],
  ["a page", "<h1>Bad Gateway, hunter2</h1>", 502],
  ["JSON of another shape", JSON.stringify({ password: "hunter2" }), 200],
  ["an error of another shape", JSON.stringify({ error: { code: -1, message: "hunter2", data: {} } }), 403],
  ["half an answer", '{"result":{"data":{"secret":"hunter2', 200],
])("what something else answers is not quoted: %s", async (_name, body, status) => {
  await using server = await serve((_request, response) => response.writeHead(status).end(body));
  const thrown = await failure(createClient({ url: server.url, token }).projects.list());
  expect(thrown.code).toBe("UNREACHABLE");
  expect(printed(thrown)).not.toMatch(/hunter2|not-a-real-token/);
});

test("where nobody listens, the error says so, with what the platform threw as its cause", async () => {
  const server = await serve(() => {});
  const gone = server.url;
  await server[Symbol.asyncDispose]();
  const thrown = await failure(createClient({ url: gone, token }).projects.list());
  expect(thrown).toMatchObject({ code: "UNREACHABLE", message: "no answer from the service (ECONNREFUSED)" });
  expect(printed(thrown)).not.toContain(token);
});
