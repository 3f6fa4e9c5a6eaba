import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

import { errorCodes } from "@itsy/contract";

import { endConnection, ending } from "./end-connection.ts";
import { answerWith } from "./error-answer.ts";

/** As much of a response as there is to know before it is sent. */
interface PendingAnswer {
  readonly headersSent: boolean;
  readonly req: { readonly complete: boolean };
  once(event: "finish", listener: () => void): unknown;
}

/** A connection of the server, on which the answer to the oldest request without one is kept, as Node.js itself does. */
type Connection = Duplex & { readonly _httpMessage?: PendingAnswer | null };

const codeOf = (error: NodeJS.ErrnoException) => {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return "REQUEST_TIMEOUT";
  if (error.code === "HPE_HEADER_OVERFLOW" || error.code === "HPE_CHUNK_EXTENSIONS_OVERFLOW")
    return "PAYLOAD_TOO_LARGE";
  return "MALFORMED_BODY";
};

/** Answers on the socket itself, and ends the connection whatever the other side does. */
const endWith = (socket: Connection, code: Parameters<typeof answerWith>[0]): void => {
  const status = errorCodes[code].http;
  const body = JSON.stringify({ error: answerWith(code) });
  endConnection(
    socket,
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
};

/** What never became a request is answered after the requests before it, if the connection still can. */
export const onClientError = (error: NodeJS.ErrnoException, socket: Connection): void => {
  if (ending.has(socket)) return;
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  ending.add(socket);
  const answer = () => {
    const pending = socket._httpMessage;
    // The oldest request without an answer is the broken one, or there is none.
    if (pending?.req.complete) {
      // Nothing that it sends is of use any more, nor may it keep the connection alive.
      socket.pause();
      pending.once("finish", answer);
    } else if (pending?.headersSent) socket.destroy();
    else endWith(socket, codeOf(error));
  };
  answer();
};

/** CONNECT hands over the socket instead of a response, and Node.js forgets it. */
export const onConnect = (_req: unknown, socket: Connection): void => {
  // Nobody else listens to it now, and its other end may be gone already.
  socket.on("error", () => socket.destroy());
  endWith(socket, "METHOD_NOT_ALLOWED");
};
