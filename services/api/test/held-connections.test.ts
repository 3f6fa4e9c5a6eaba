import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { generateSecret } from "@itsy/key-format";
import { waitUntil } from "@itsy/testbed";
import { afterEach, describe, expect, test } from "vitest";

import { openRaw } from "./api/raw.ts";
import { startTestApi } from "./api/start-test-api.ts";

/** A caller that reads its answers, but never closes its side, whatever the service does. */
const hold = async (url: string, bytes: string): Promise<Socket> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on("error", () => {}).resume();
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
};

const held: Socket[] = [];
afterEach(() => {
  for (const socket of held.splice(0)) socket.destroy();
});

const silences = [
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["nothing at all", ""],
  ["half a head", "GET /healthz HTTP/1.1\r\nHo"],
  ["half a body", "POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"],
  ["no HTTP", "hello\r\n\r\n"],
] as const;

/** Until the only place for a connection is free again: who is one too many is not answered. */
const placeIsFree = (url: string) =>
  waitUntil(
    async () => {
      await using raw = await openRaw(url);
      raw.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
      return (await raw.received(/"ok"/)).includes("200");
    },
    { what: "the place is free", timeoutMs: 60_000 },
  );

describe("who holds its half of the connection open", () => {
  test.each(silences)("after %s does not hold its place", async (_what, bytes) => {
    const env = { CONNECTIONS_MAX: "1", HEADERS_TIMEOUT_MS: "200", REQUEST_TIMEOUT_MS: "400" };
    await using api = await startTestApi({ env });
    held.push(await hold(api.url, bytes));
    await placeIsFree(api.url);
  });

  test("and reads no answer does not hold its place either", async () => {
    await using api = await startTestApi({ env: { CONNECTIONS_MAX: "1", REQUEST_TIMEOUT_MS: "200" } });
    const socket = await hold(api.url, "");
    held.push(socket);
    socket.pause();
    const some = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20);
    // More than the sockets' buffers take, in portions that the service reads one after the other.
    for (let portion = 0; portion < 2000; portion++) socket.write(some);
    await placeIsFree(api.url);
  }, 90_000);

  test("does not keep the service from stopping", async () => {
    const api = await startTestApi({ env: { DRAIN_MS: "300" } });
    for (const [, bytes] of silences) held.push(await hold(api.url, bytes));
    await api[Symbol.asyncDispose]();
  });
});

describe("several requests in one packet", () => {
  test("are answered before what broke the one behind them", async () => {
    await using api = await startTestApi();
    const { tokens } = await api.tenant("acme");
    const body = JSON.stringify({ name: "kept", environment: "local" });
    const head = `POST /trpc/keys.create HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tokens.admin}\r\nContent-Type: application/json\r\n`;
    await using raw = await openRaw(api.url);
    raw.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}hello\r\n\r\n`);
    const answers = await raw.closed;
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
    expect(answers).toMatch(/itsy_local_sk_.*MALFORMED_BODY/s);
  });

  test("are answered before the one that was too many, whatever is broken behind that", async () => {
    await using api = await startTestApi();
    await using raw = await openRaw(api.url);
    raw.write(`${"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(102)}hello\r\n\r\n`);
    const statuses = (await raw.closed).match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual([...Array.from({ length: 101 }, () => "HTTP/1.1 200"), "HTTP/1.1 429"]);
  });

  test("are a bounded number, however many there are", async () => {
    await using api = await startTestApi();
    await using raw = await openRaw(api.url);
    // Far more than a packet: nothing that was answered is lost, however much of it is never read.
    raw.write(`GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(300)}\r\n\r\n`.repeat(3000));
    const statuses = (await raw.closed).match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(statuses.at(-1)).toBe("HTTP/1.1 429");
    expect(statuses.length).toBeGreaterThanOrEqual(102);
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(["HTTP/1.1 200"]));
  });
});

test("a target that is a whole URL is taken for its path", async () => {
  await using api = await startTestApi();
  const { tokens } = await api.tenant("acme");
  const body = JSON.stringify({ secret: generateSecret({ environment: "local" }) });
  await using raw = await openRaw(api.url);
  raw.write(
    `POST http://keys.example/v1/verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tokens.verifier}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await raw.received(/"code":"NOT_FOUND"/)).toMatch(/^HTTP\/1\.1 200 /);
  raw.write("GET http://keys.example HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await raw.received(/"requestId"/)).toContain("404");
});

test("a secret in a path is not logged, however it is written", async () => {
  await using api = await startTestApi();
  const secret = generateSecret({ environment: "production" });
  for (const path of [secret, secret.replaceAll("_", "%5F"), `%zz${secret.replaceAll("_", "%5f")}`]) {
    expect((await fetch(`${api.url}/v1/${path}`)).status).toBeGreaterThanOrEqual(400);
  }
  const random = secret.slice(secret.lastIndexOf("_") + 1);
  expect(api.logs()).not.toContain(random);
  expect(api.logs()).toContain("[redacted]");
});
