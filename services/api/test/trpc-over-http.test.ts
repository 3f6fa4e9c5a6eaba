import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

import { startTestApi, type TestApi } from "./api/start-test-api.ts";

const UNKNOWN = `key_${"0".repeat(26)}`;

const tenantOf = async (api: TestApi) => {
  const { tokens } = await api.tenant("acme");
  const { key } = await api.client(tokens.admin).keys.create({ name: "a", environment: "local" });
  const headers = { authorization: `Bearer ${tokens.admin}`, "content-type": "application/json" };
  return { key, headers };
};

test("one call is answered in one piece, with its length", async () => {
  await using api = await startTestApi();
  const { key, headers } = await tenantOf(api);
  const body = JSON.stringify({ keyId: key.id });
  const answer = await fetch(`${api.url}/trpc/keys.get`, { method: "POST", headers, body });
  const sent = await answer.text();
  expect(answer.headers.get("content-length")).toBe(String(Buffer.byteLength(sent)));
  expect(JSON.parse(sent)).toMatchObject({ result: { data: { id: key.id } } });
});

test("a query may come by GET, and a mutation may not", async () => {
  await using api = await startTestApi();
  const { key, headers } = await tenantOf(api);
  const input = encodeURIComponent(JSON.stringify({ keyId: key.id }));
  const asked = await fetch(`${api.url}/trpc/keys.get?input=${input}`, { headers });
  expect(await asked.json()).toMatchObject({ result: { data: { id: key.id } } });
  const refused = await fetch(`${api.url}/trpc/keys.pause?input=${input}`, { headers });
  expect(refused.status).toBe(405);
});

test("a batch is answered call by call, as a whole or as a stream", async () => {
  await using api = await startTestApi();
  const { key, headers } = await tenantOf(api);
  const batch = (more: Readonly<Record<string, string>>) =>
    fetch(`${api.url}/trpc/keys.get,keys.get?batch=1`, {
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify({ 0: { keyId: key.id }, 1: { keyId: UNKNOWN } }),
    });
  const whole = await batch({});
  expect(whole.status).toBe(207);
  expect(await whole.json()).toMatchObject([
    { result: { data: { id: key.id } } },
    { error: { data: { error: { code: "NOT_FOUND" } } } },
  ]);
  const stream = await batch({ "trpc-accept": "application/jsonl" });
  expect(stream.headers.get("transfer-encoding")).toBe("chunked");
  const streamed = await stream.text();
  expect(streamed.trimEnd().split("\n").length).toBeGreaterThan(1);
  expect(streamed).toContain(key.id);
  expect(streamed).toContain('"NOT_FOUND"');
});

test("a request line with a host, and a query that is none, are answered as any other", async () => {
  await using api = await startTestApi();
  const { key, headers } = await tenantOf(api);
  const { hostname, port } = new URL(api.url);
  const body = JSON.stringify({ keyId: key.id });
  for (const [target, host] of [
    ["http://somewhere.else/trpc/keys.get", "somewhere.else"],
    ["/trpc/keys.get?batch=%", hostname],
  ] as const) {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.end(
      [
        `POST ${target} HTTP/1.1`,
        `Host: ${host}`,
        `Authorization: ${headers.authorization}`,
        "Content-Type: application/json",
        "Connection: close",
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  }
});
