import { KeyFormatError } from "./key-format-error.ts";

/** The 62 digits by value; in ASCII order, so that equally long numbers sort as texts. */
export const BASE62_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The digit's value for each ASCII code, -1 for every other character. */
const valueByCode = new Int8Array(128).fill(-1);
for (let value = 0; value < BASE62_ALPHABET.length; value++) valueByCode[BASE62_ALPHABET.charCodeAt(value)] = value;

/** The value (0 … 61) of a UTF-16 code unit as a base62 digit, or -1. */
export const base62Value = (code: number): number => (code < 128 ? (valueByCode[code] as number) : -1);

/** A non-negative integer below 2^53 in base62, zero-padded on the left to `length` digits. */
export const toBase62 = (value: number, length: number): string => {
  let digits = "";
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) digits = BASE62_ALPHABET.charAt(rest % 62) + digits;
  return digits.padStart(length, "0");
};

/** A source of uniformly distributed bytes; returns exactly `size` of them. */
export type RandomBytes = (size: number) => Uint8Array;

/** The largest multiple of 62 that fits a byte: above it, `byte % 62` would favour the first 8 digits. */
const BYTE_LIMIT = 248;

/** 31 of 32 bytes are accepted, so even one byte a round would be unlucky this often only with a broken source. */
const ROUNDS_MAX = 64;

/**
 * Draws `count` base62 digits, each equally likely, by rejection sampling.
 * Throws `RANDOM_SOURCE_BROKEN` when the source returns another number of bytes than asked, or none that can be used.
 */
export const drawBase62 = (count: number, randomBytes: RandomBytes): string => {
  let digits = "";
  for (let round = 0; round < ROUNDS_MAX; round++) {
    // A few more than missing: a second round, hence a second call of the source, is then rare.
    const size = count - digits.length + 6;
    const bytes = randomBytes(size);
    if (bytes.length !== size) break;
    for (const byte of bytes) {
      if (byte < BYTE_LIMIT) digits += BASE62_ALPHABET.charAt(byte % 62);
      if (digits.length === count) return digits;
    }
  }
  throw new KeyFormatError("RANDOM_SOURCE_BROKEN", "the source of randomness returned too few or unusable bytes");
};
