import type { IncomingMessage } from "node:http";

export const isJson = (req: IncomingMessage) => /^application\/json\s*(?:;|$)/i.test(req.headers["content-type"] ?? "");

export const MALFORMED = Symbol("malformed");

/** The value, or `MALFORMED`. */
export const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    // Not the parser's error: it quotes the body.
    return MALFORMED;
  }
};
