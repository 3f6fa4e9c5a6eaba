import { generateSecret } from "@itsy/key-format";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openRaw } from "./api/raw.ts";
import { startTestApi, type Tenant, type TestApi } from "./api/start-test-api.ts";

let api: TestApi;
let tenant: Tenant;

beforeAll(async () => {
  api = await startTestApi({ env: { REQUEST_TIMEOUT_MS: "400", HEADERS_TIMEOUT_MS: "300" } });
  tenant = await api.tenant("acme");
});
afterAll(() => api[Symbol.asyncDispose]());

const head = (lines: readonly string[] = []) =>
  [
    "POST /v1/verify HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${tenant.tokens.verifier}`,
    "Content-Type: application/json",
    ...lines,
    "",
    "",
  ].join("\r\n");

const good = () => {
  const body = JSON.stringify({ secret: generateSecret({ environment: "local" }) });
  return `${head([`Content-Length: ${body.length}`])}${body}`;
};

const stillServes = async () => {
  await using raw = await openRaw(api.url);
  raw.write(good());
  expect(await raw.received(/"code":"NOT_FOUND"/)).toMatch(/^HTTP\/1\.1 200 /);
};

const BIG = 9000;

test.each([
  ["of a told length", [`Content-Length: ${BIG}`], "x".repeat(BIG)],
  ["in chunks", ["Transfer-Encoding: chunked"], `${BIG.toString(16)}\r\n${"x".repeat(BIG)}\r\n0\r\n\r\n`],
])("a body that is too large, %s, is refused, and the connection goes on", async (_how, lines, body) => {
  await using raw = await openRaw(api.url);
  raw.write(`${head(lines)}${body}`);
  const refused = await raw.received(/PAYLOAD_TOO_LARGE/);
  expect(refused).toMatch(/^HTTP\/1\.1 413 /);
  raw.write(good());
  expect(await raw.received(/"code":"NOT_FOUND"/)).toContain("HTTP/1.1 200 ");
});

test("a body without an end is cut off, with a code", async () => {
  await using raw = await openRaw(api.url);
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  raw.write(head(["Transfer-Encoding: chunked"]));
  for (let sent = 0; sent < 20; sent++) raw.write(chunk);
  expect(await raw.closed).toMatch(/^HTTP\/1\.1 413 .*PAYLOAD_TOO_LARGE/s);
  await stillServes();
});

test.each([
  ["a body that comes too slowly", () => `${head(["Content-Length: 100"])}{"secret":"`],
  ["headers that come too slowly", () => "POST /v1/verify HTTP/1.1\r\nHost: loc"],
])("%s is given up, with a code", async (_what, start) => {
  await using raw = await openRaw(api.url);
  raw.write(start());
  expect(await raw.closed).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s);
  await stillServes();
});

test.each([
  ["no HTTP at all", "hello\r\n\r\n", /400 .*MALFORMED_BODY/s],
  [
    "headers that are too large",
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    /413 .*PAYLOAD_TOO_LARGE/s,
  ],
  [
    "two lengths",
    "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    /400 .*MALFORMED_BODY/s,
  ],
  [
    "a length and chunks",
    "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    /400 .*MALFORMED_BODY/s,
  ],
  ["no host", "GET /healthz HTTP/1.1\r\n\r\n", /400 .*MALFORMED_BODY/s],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", /405 .*METHOD_NOT_ALLOWED/s],
])("%s is refused, with a code, and ends the connection", async (_what, bytes, expected) => {
  await using raw = await openRaw(api.url);
  raw.write(bytes);
  expect(await raw.closed).toMatch(expected);
  await stillServes();
});

test("who goes away in the middle of a body does no harm", async () => {
  {
    await using raw = await openRaw(api.url);
    raw.write(`${head(["Content-Length: 100"])}{"secret":"`);
  }
  await stillServes();
});

test.each(["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s /v1/verify is not a method of it", async (method) => {
  const response = await fetch(`${api.url}/v1/verify`, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  expect(await response.json()).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
});

test("an expectation that nobody knows is neither met nor refused", async () => {
  await using raw = await openRaw(api.url);
  raw.write(good().replace("Host:", "Expect: 200-maybe\r\nHost:"));
  expect(await raw.received(/"code":"NOT_FOUND"/)).toMatch(/^HTTP\/1\.1 200 /);
});

test("two requests in one packet are both answered, in their order", async () => {
  await using raw = await openRaw(api.url);
  raw.write(good() + good().replace("application/json", "text/plain"));
  const answers = await raw.received(/UNSUPPORTED_MEDIA_TYPE/);
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 415"]);
});

test("a request keeps the id it came with when that is sane, and gets one otherwise", async () => {
  const idFor = async (given: string) =>
    (await fetch(`${api.url}/healthz`, { headers: { "x-request-id": given } })).headers.get("x-request-id");
  expect(await idFor("trace-1.2:3")).toBe("trace-1.2:3");
  for (const bad of ["a b", "x".repeat(100), '{"a":1}']) expect(await idFor(bad)).toMatch(/^[A-Za-z0-9-]{10,48}$/);
});

test("what is not there is NOT_FOUND, as JSON", async () => {
  const response = await fetch(`${api.url}/v1/nothing`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: "NOT_FOUND", requestId: expect.any(String) } });
  expect(response.headers.get("content-security-policy")).toContain("default-src");
  expect(response.headers.get("x-powered-by")).toBeNull();
});
