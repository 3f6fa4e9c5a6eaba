import type { IncomingMessage, ServerResponse } from "node:http";

import { endConnection, ending } from "./end-connection.ts";
import { answerWith, sendError } from "./error-answer.ts";
import { requestIdOf } from "./request-id.ts";

/** How many requests of one connection may wait behind one that is not answered yet. */
const PIPELINED_MAX = 100;

/**
 * Refuses what is one too many of its connection, and ends that after the answers before. Node.js hands over all requests
 * of a packet at once: of the smallest there are two thousand in it, and each holds its answer until the ones before it
 * are read. Whether it did.
 */
export const createPipelineBound = () => {
  const waiting = new WeakMap<object, number>();
  return (req: IncomingMessage, res: ServerResponse): boolean => {
    // The oldest has the connection; nearly all requests are the oldest.
    if (res.socket !== null) return false;
    const { socket } = req;
    if (ending.has(socket)) return true;
    const before = waiting.get(socket) ?? 0;
    waiting.set(socket, before + 1);
    res.once("close", () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    if (before < PIPELINED_MAX) return false;
    ending.add(socket);
    // Not with `Connection: close`: Node.js would close with requests unread, and the answers before would be lost.
    sendError(res, { ...answerWith("TOO_MANY_REQUESTS"), requestId: requestIdOf(req) });
    res.once("finish", () => endConnection(socket));
    return true;
  };
};
