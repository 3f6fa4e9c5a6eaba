import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import type { ScannerKey } from "../settings/scanner-keys.ts";

/** The headers of one signed message, of the right form. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: readonly Buffer[];
}

/** How far a scanner's clock, and the way of its message, may be off. */
const TOLERANCE_S = 300;
const SIGNATURES_MAX = 8;
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

const text = (value: string | string[] | undefined): string => (typeof value === "string" ? value : "");

/** `null` for headers that nobody signs like that, and for a message that is not from now. */
export const signedHeadersOf = (headers: IncomingHttpHeaders, now: Date): SignedHeaders | null => {
  const id = text(headers["webhook-id"]);
  const timestamp = text(headers["webhook-timestamp"]);
  // No dot: it parts what is signed.
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id) || !/^[1-9][0-9]{0,11}$/.test(timestamp)) return null;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_S) return null;
  const signatures = text(headers["webhook-signature"])
    .split(" ", SIGNATURES_MAX)
    .flatMap((part) => SIGNATURE.exec(part)?.[1] ?? [])
    .map((base64) => Buffer.from(base64, "base64"));
  return signatures.length === 0 ? null : { id, timestamp, signatures };
};

/**
 * Who signed the body: the name of the scanner, or `null`. Source: Standard Webhooks 1.0, symmetric signatures
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). Compares every
 * signature with every key in constant time.
 */
export const scannerOf = (keys: readonly ScannerKey[], signed: SignedHeaders, body: Uint8Array): string | null => {
  let found: string | null = null;
  for (const { scanner, key } of keys) {
    const expected = createHmac("sha256", key).update(`${signed.id}.${signed.timestamp}.`).update(body).digest();
    for (const signature of signed.signatures) if (timingSafeEqual(signature, expected)) found = scanner;
  }
  return found;
};
