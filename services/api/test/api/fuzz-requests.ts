import { createHmac } from "node:crypto";

import type { FuzzTarget } from "./fuzz-target.ts";
import { SCANNER_KEY, signed } from "./scanner.ts";

/** Signed, of secrets that nobody has. */
export const leaksRequest = (
  lines: readonly string[] = [],
  body = JSON.stringify({ leaks: [{ secret: "x" }, { secret: "y" }] }),
) =>
  [
    "POST /v1/leaks HTTP/1.1",
    "Host: a",
    ...Object.entries(signed(body, { at: new Date() })).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...lines,
    "",
    body,
  ].join("\r\n");

/** A report of any bytes, signed: they reach what is behind the signature. */
export const signedJunk = (body: Buffer): Buffer => {
  const [id, at] = ["msg_junk", Math.floor(Date.now() / 1000)];
  const key = Buffer.from(SCANNER_KEY, "base64");
  const signature = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64");
  const lines = [
    "POST /v1/leaks HTTP/1.1",
    "Host: a",
    "Content-Type: application/json",
    `Webhook-Id: ${id}`,
    `Webhook-Timestamp: ${at}`,
    `Webhook-Signature: v1,${signature}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from([...lines, "", ""].join("\r\n")), body]);
};

export const unsignedLeaks = (...parts: Parameters<typeof leaksRequest>) =>
  leaksRequest(...parts).replace(/(webhook-signature: v1,)..../, "$1AAAA");

/** Good requests to the doors that ask for a token, as they go over the wire; further lines of their head, and a body. */
export const createRequests = ({ secret, verifierToken }: Pick<FuzzTarget, "secret" | "verifierToken">) => {
  const verify = (lines: readonly string[] = [], body = JSON.stringify({ secret })) =>
    [
      "POST /v1/verify HTTP/1.1",
      "Host: a",
      `Authorization: Bearer ${verifierToken}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...lines,
      "",
      body,
    ].join("\r\n");

  const forwardAuth = (lines: readonly string[] = []) =>
    [
      "GET /v1/forward-auth?environment=production HTTP/1.1",
      "Host: a",
      `X-Itsy-Token: ${verifierToken}`,
      `X-API-Key: ${secret}`,
      ...lines,
      "",
      "",
    ].join("\r\n");

  const trpc = (...parts: Parameters<typeof verify>) => verify(...parts).replace("/v1/verify", "/trpc/keys.verify");

  return { verify, forwardAuth, trpc };
};
