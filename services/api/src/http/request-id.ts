import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/**
 * What a caller may choose as its request id: nothing that could break a log line or a header, and neither a secret
 * (which has underscores) nor a SHA-256 in hexadecimal.
 */
const SANE = /^[A-Za-z0-9.:-]{1,48}$/;

// A random start for each process and a counter: unique without a random number for each request.
const prefix = randomBytes(9).toString("base64url").replaceAll("_", "-");
let counter = 0;

/** The caller's `X-Request-Id` when it is sane, else a new one. */
export const requestIdOf = (req: IncomingMessage): string => {
  const given = req.headers["x-request-id"];
  if (typeof given === "string" && SANE.test(given)) return given;
  counter += 1;
  return `${prefix}-${counter.toString(36)}`;
};
