import type { IncomingMessage, ServerResponse } from "node:http";

/** How many requests of one connection may wait behind one that is not answered yet. */
export const PIPELINED_MAX = 100;

/**
 * Whether a request is one too many of its connection. Node.js hands over all requests of a packet at once: of the
 * smallest there are two thousand in it, and each holds its answer until the ones before it are read.
 */
export const createPipelineBound = () => {
  const waiting = new WeakMap<object, number>();
  return ({ socket }: IncomingMessage, res: ServerResponse): boolean => {
    // The oldest has the connection; nearly all requests are the oldest.
    if (res.socket !== null) return false;
    const before = waiting.get(socket) ?? 0;
    waiting.set(socket, before + 1);
    res.once("close", () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    return before >= PIPELINED_MAX;
  };
};
