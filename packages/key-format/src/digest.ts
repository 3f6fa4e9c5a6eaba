import { createHmac, hash, type KeyObject } from "node:crypto";

import { KeyFormatError } from "./key-format-error.ts";

/** Bytes of a SHA-256 and of a digest. */
export const DIGEST_BYTES = 32;
/** Fewest bytes of a pepper: shorter than the hash, and the pepper would be the easier thing to guess. */
export const PEPPER_BYTES_MIN = 32;

/** SHA-256 (32 bytes) of the secret's text as UTF-8, which for a secret is ASCII. Parse first: any text is hashed. */
export const secretSha256 = (secret: string): Buffer => hash("sha256", secret, "buffer");

/** As `secretSha256`, in 64 lower-case hexadecimal digits. */
export const secretSha256Hex = (secret: string): string => hash("sha256", secret, "hex");

export interface DigestInput {
  /** At least 32 bytes, or a key made of them (`createSecretKey` of `node:crypto`). */
  readonly pepper: Uint8Array | KeyObject;
  /** 32 bytes: `secretSha256(secret)`. */
  readonly secretSha256: Uint8Array;
}

/** Throws `PEPPER_TOO_SHORT`. */
export const assertPepper = (pepper: Uint8Array | KeyObject): void => {
  const bytes = pepper instanceof Uint8Array ? pepper.length : (pepper.symmetricKeySize ?? 0);
  if (bytes >= PEPPER_BYTES_MIN) return;
  throw new KeyFormatError("PEPPER_TOO_SHORT", `a pepper has at least ${PEPPER_BYTES_MIN} bytes`);
};

/**
 * What is stored instead of a secret: HMAC-SHA256 (RFC 2104), key = pepper, message = SHA-256 of the secret; 32 bytes.
 * Throws `PEPPER_TOO_SHORT` and `SHA256_LENGTH`.
 */
export const digest = ({ pepper, secretSha256: message }: DigestInput): Buffer => {
  assertPepper(pepper);
  if (message.length !== DIGEST_BYTES) {
    throw new KeyFormatError("SHA256_LENGTH", `the SHA-256 of a secret has ${DIGEST_BYTES} bytes`);
  }
  return createHmac("sha256", pepper).update(message).digest();
};
