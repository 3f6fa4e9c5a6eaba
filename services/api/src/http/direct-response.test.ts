import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";

import { expect, onTestFinished, test } from "vitest";

import { DirectResponse } from "./direct-response.ts";

const ANSWER = { text: '{"name":"é"}', bytes: 13 };
const HEAD = { requestId: "abc-1", close: false };

type Answerer = (res: DirectResponse) => void;

/** What Node.js itself makes of the same answer. */
const byNode: Answerer = (res) => {
  res.writeHead(200, [
    "Content-Type",
    "application/json; charset=utf-8",
    "Content-Length",
    "13",
    "X-Request-Id",
    "abc-1",
  ]);
  res.end(ANSWER.text);
};
const byUs: Answerer = (res) => res.endJson(ANSWER, HEAD);

interface Serving {
  readonly answer: Answerer;
  readonly keepAliveTimeout?: number;
}

/** Everything that the server sends in answer to what the client sends, until one of them ends the connection. */
const answersTo = async (sent: string, { answer, keepAliveTimeout = 72_000 }: Serving): Promise<string> => {
  const server = createServer({ ServerResponse: DirectResponse, keepAliveTimeout }, (_req, res) => answer(res));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.end(sent);
  return (await text(socket)).replaceAll(/^Date: .*$/gm, (line) =>
    Math.abs(Date.parse(line.slice(6)) - Date.now()) < 5000 ? "Date: now" : line,
  );
};

const get = (head = "HTTP/1.1\r\nHost: a") => `GET / ${head}\r\n\r\n`;

test.for([
  ["HTTP/1.1", get()],
  ["HTTP/1.1 that closes", get("HTTP/1.1\r\nHost: a\r\nConnection: close")],
  ["HTTP/1.0", get("HTTP/1.0")],
  ["HTTP/1.0 that stays", get("HTTP/1.0\r\nConnection: keep-alive")],
  ["HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two at once", get() + get()],
] as const)("is the answer that Node.js gives, byte for byte: %s", async ([, sent]) => {
  for (const keepAliveTimeout of [72_000, 1500, 0]) {
    const expected = await answersTo(sent, { answer: byNode, keepAliveTimeout });
    expect(expected).toContain("Date: now");
    expect(await answersTo(sent, { answer: byUs, keepAliveTimeout })).toBe(expected);
  }
});

test("says that the connection ends, and ends it", async () => {
  const answers = await answersTo(get() + get(), {
    answer: (res) => res.endJson(ANSWER, { ...HEAD, close: true }),
  });
  expect(answers).toMatch(/\r\nConnection: close\r\n/);
  expect(answers.split("HTTP/1.1 200 OK")).toHaveLength(2);
});

test("Node.js knows of the answer as of any other", async () => {
  let response: DirectResponse | undefined;
  await answersTo(get(), {
    answer: (res) => {
      response = res;
      byUs(res);
    },
  });
  expect(response).toMatchObject({ statusCode: 200, headersSent: true, writableEnded: true, writableFinished: true });
});
