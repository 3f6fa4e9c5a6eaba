import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createClient } from "@itsy/client";
import { expect, test } from "vitest";

import { createPooledFetch } from "./pooled-fetch.ts";

const init = (signal: AbortSignal) => ({ method: "POST", headers: { authorization: "Bearer t" }, body: "{}", signal });

const portOf = async (server: Server | HttpServer): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

test("calls one after another share a connection", async () => {
  let connections = 0;
  const server = createHttpServer((request, response) => {
    request.resume().on("end", () => response.end(JSON.stringify({ path: request.url })));
  }).on("connection", () => {
    connections += 1;
  });
  const url = `http://127.0.0.1:${await portOf(server)}/trpc/keys.get?batch=1`;
  {
    await using pool = createPooledFetch();
    for (let i = 0; i < 3; i += 1) {
      const answer = await pool.fetch(url, init(new AbortController().signal));
      expect(await answer.json()).toEqual({ path: "/trpc/keys.get?batch=1" });
      // undici counts a connection as busy until the next turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect(connections).toBe(1);
  server.close();
});

test("a redirect is told from an answer, and not followed", async () => {
  const server = createHttpServer((request, response) => {
    request.resume().on("end", () => response.writeHead(307, { location: "/elsewhere" }).end("{}"));
  });
  const url = `http://127.0.0.1:${await portOf(server)}`;
  {
    await using pool = createPooledFetch();
    const client = createClient({ url, token: "itsy_mt_not-a-real-token", fetch: pool.fetch });
    await expect(client.keys.list({})).rejects.toMatchObject({ code: "UNREACHABLE" });
  }
  server.close();
});

test("a call ends when it is given up, also while its connection is being made", async () => {
  const accepted: Socket[] = [];
  // Never answers the TLS handshake.
  const server = createServer((socket) => void accepted.push(socket));
  const url = `https://127.0.0.1:${await portOf(server)}/`;
  const pool = createPooledFetch();
  const controller = new AbortController();
  const connected = once(server, "connection");
  const answer = pool.fetch(url, init(controller.signal));
  await connected;
  controller.abort(new Error("given up"));
  await expect(answer).rejects.toThrow("given up");
  for (const socket of accepted) socket.destroy();
  await pool[Symbol.asyncDispose]();
  server.close();
}, 5_000);
