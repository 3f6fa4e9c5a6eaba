import type { IncomingMessage } from "node:http";

const JSON_TYPE = "application/json";

export const isJson = ({ headers: { "content-type": type = "" } }: Pick<IncomingMessage, "headers">): boolean =>
  type === JSON_TYPE || /^application\/json\s*(?:;|$)/i.test(type);

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
