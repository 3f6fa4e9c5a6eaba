import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";

import { expect, onTestFinished, test } from "vitest";

import { DirectRequest } from "./direct-request.ts";

const serve = async (listener: (req: DirectRequest, res: ServerResponse) => void) => {
  const server = createServer({ IncomingMessage: DirectRequest }, listener as (req: IncomingMessage) => void);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").setEncoding("latin1");
  onTestFinished(() => void socket.destroy());
  return socket;
};

/** Reads as the doors do, and answers with what came. */
const echo = (req: DirectRequest, res: ServerResponse) => {
  const pieces: Buffer[] = [];
  req.readInto({ piece: (piece) => pieces.push(piece), end: () => res.end(`<${Buffer.concat(pieces).toString()}>`) });
};

const post = (body: string) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const until = async (socket: Socket, isThere: (answers: string) => boolean): Promise<string> => {
  let answers = "";
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    answers += piece;
    if (isThere(answers)) return answers;
  }
  throw new Error(`the connection ended after\n${answers}`);
};

const bodiesIn = (answers: string) => answers.match(/<[^>]*>/g) ?? [];

test("requests of one connection are answered one after the other, also when they come at once", async () => {
  const socket = await serve(echo);
  socket.write(
    [post("a"), post(""), post("bc"), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"].join(""),
  );
  socket.write("1\r\nd\r\n2\r\nef\r\n0\r\n\r\n");
  expect(bodiesIn(await until(socket, (answers) => bodiesIn(answers).length === 4))).toEqual([
    "<a>",
    "<>",
    "<bc>",
    "<def>",
  ]);
});

test("Node.js knows a request that was read into a sink as read, and lets go of it", async () => {
  const seen: DirectRequest[] = [];
  const dumped: string[] = [];
  const socket = await serve((req, res) => {
    Object.assign(req, { _dump: () => dumped.push("read by nobody") });
    seen.push(req);
    echo(req, res);
  });
  socket.write(post("a"));
  await until(socket, (answers) => bodiesIn(answers).length === 1);
  const req = seen[0] as DirectRequest;
  expect(req).toMatchObject({ complete: true, readableEnded: true, aborted: false });
  expect(dumped).toEqual([]);
  expect(req.listenerCount("end")).toBe(0);
  expect((req.socket as Socket & { readonly parser: { readonly incoming: unknown } }).parser.incoming).toBeNull();
});

test("a sender that goes away in the middle ends the request, and the sink hears of no end", async () => {
  const arrived = Promise.withResolvers<DirectRequest>();
  let ends = 0;
  const socket = await serve((req) => {
    req.readInto({
      piece: () => arrived.resolve(req),
      end: () => {
        ends += 1;
      },
    });
  });
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
  const req = await arrived.promise;
  socket.destroy();
  await expect(finished(req)).rejects.toThrow("aborted");
  expect(ends).toBe(0);
});

test("whoever does not ask for it finds the stream", async () => {
  const socket = await serve((req, res) => {
    text(req).then((body) => res.end(`<${body}>`), req.destroy);
  });
  socket.write(post("a") + post("bc"));
  expect(bodiesIn(await until(socket, (answers) => bodiesIn(answers).length === 2))).toEqual(["<a>", "<bc>"]);
});
