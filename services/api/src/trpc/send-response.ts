import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Response as ExpressResponse } from "express";

/** The answers of a batch one by one, as they come: for callers that ask for that. */
const isStream = ({ headers }: Response): boolean => headers.get("transfer-encoding") === "chunked";

/** Sends what tRPC answers: in one write, unless it is to be streamed. */
export const sendResponse = async (res: ExpressResponse, response: Response): Promise<void> => {
  res.statusCode = response.status;
  for (const [name, value] of response.headers) res.setHeader(name, value);
  if (response.body !== null && isStream(response)) {
    // Whoever goes away in between needs no answer.
    await pipeline(Readable.fromWeb(response.body), res).catch(() => undefined);
    return;
  }
  const text = await response.text();
  res.setHeader("Content-Length", Buffer.byteLength(text));
  res.end(text);
};
