import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { procedures } from "@itsy/contract";
import { expect, test } from "vitest";

import { serve } from "./serve.ts";

const key = {
  id: "key_01jd0000000000000000000000",
  name: "Partner",
  environment: "preview",
  status: "active",
};
const secret = "itsy_preview_sk_not-a-real-secret";

const runExample = async (name: string, url: string) => {
  const file = fileURLToPath(new URL(`../examples/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@itsy/source", file], {
    env: { ...process.env, ITSY_KEYS_URL: url, ITSY_KEYS_TOKEN: "itsy_mt_not-a-real-token" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  expect([code, complaints]).toEqual([0, ""]);
  return printed.trim().split("\n");
};

const sayTrpc = (response: ServerResponse, data: unknown): void => {
  response.setHeader("content-type", "application/json").end(JSON.stringify({ result: { data } }));
};

/** What a call asked, as strictly as the service reads it. */
const readCall = async (request: IncomingMessage) => {
  const [router = "", name = ""] = (request.url ?? "").replace("/trpc/", "").split(".");
  const members = Object(procedures)[router] as Record<string, { input: { parse: (input: unknown) => object } }>;
  return [`${router}.${name}`, members[name]?.input.parse(await json(request))] as const;
};

type Call = Awaited<ReturnType<typeof readCall>>;

/** Notes each call, and then answers it. */
const serveCalls = (calls: Call[], answer: (response: ServerResponse) => void) =>
  serve((request, response) => {
    void readCall(request).then((call) => {
      calls.push(call);
      answer(response);
    });
  });

test("examples/start.ts creates, rotates, revokes, and tells a refusal by its code", async () => {
  const calls: Call[] = [];
  await using server = await serveCalls(calls, (response) => {
    if (calls.length < 4) return sayTrpc(response, { key, secret });
    const error = { code: "CONFLICT", message: "the key is revoked", requestId: "r-1" };
    const shape = { error: { message: "no", code: -32009, data: { code: "CONFLICT", httpStatus: 409, error } } };
    return void response.writeHead(409, { "content-type": "application/json" }).end(JSON.stringify(shape));
  });
  expect(await runExample("start", server.url)).toEqual([
    `${key.id} active ${secret.length}`,
    "CONFLICT: the key is revoked (request r-1)",
  ]);
  expect(calls).toMatchObject([
    ["keys.create", { name: "Partner", environment: "preview", permissions: ["files:read"] }],
    ["keys.rotate", { keyId: key.id, overlapMs: 3_600_000 }],
    ["keys.revoke", { keyId: key.id }],
    ["keys.rotate", { keyId: key.id, overlapMs: 0 }],
  ]);
});

test("examples/once.ts asks again under the same idempotency key when the answer was lost", async () => {
  const calls: Call[] = [];
  await using server = await serveCalls(calls, (response) => {
    if (calls.length === 1) return void response.destroy();
    if (calls.length === 2) return void response.writeHead(502).end("<h1>Bad Gateway</h1>");
    return sayTrpc(response, { key, secret });
  });
  expect(await runExample("once", server.url)).toEqual([key.id]);
  const [first, ...again] = calls;
  expect(first).toMatchObject(["keys.create", { name: "Partner", idempotencyKey: expect.any(String) }]);
  expect(again).toEqual([first, first]);
});

test("every sample in the README is an example that runs", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const examples = globSync(fileURLToPath(new URL("../examples/*.ts", import.meta.url)));
  const samples = examples.map((file) => readFileSync(file, "utf8"));
  for (const sample of samples) expect(readme).toContain(`\`\`\`ts\n${sample}\`\`\``);
  expect(readme.split("```ts\n").length - 1).toBe(samples.length);
});
