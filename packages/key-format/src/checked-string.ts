import { base62Value, drawBase62, type RandomBytes, toBase62 } from "./base62.ts";
import { CRC32_START, crc32Finish, crc32Step, crc32Steps } from "./crc32.ts";

/** Base62 digits drawn at random: 62^30 values, 178 bits. */
export const RANDOM_LENGTH = 30;
/** Base62 digits of the checksum: 62^6 is more than 2^32. */
export const CHECKSUM_LENGTH = 6;
/** Random digits that stay in clear to recognise a string in a list. */
const DISPLAY_LENGTH = 4;

/** Why a text was refused: it has not the shape, or it has the shape and the checksum is another. */
export type RefusalReason = "FORMAT" | "CHECKSUM";

/** One kind of string: a known prefix, 30 random base62 digits, and the CRC-32 of both as 6 base62 digits. */
export interface CheckedString {
  readonly prefix: string;
  /** Characters of the whole string. */
  readonly length: number;
  /** Whether `text` has this kind's length and prefix; costs the same for a text of any length. */
  readonly claims: (text: string) => boolean;
  /** For a text that `claims` accepted: `null` when all is well, else why not. */
  readonly refusal: (text: string) => RefusalReason | null;
  readonly displayPrefix: (text: string) => string;
  readonly generate: (randomBytes: RandomBytes) => string;
}

/** Source of the construction: GitHub's token formats of 2021 (prefix, base62, CRC-32 in 6 digits). */
export const createCheckedString = (prefix: string): CheckedString => {
  const registerAfterPrefix = crc32Steps(CRC32_START, prefix);
  const checksumAt = prefix.length + RANDOM_LENGTH;
  const length = checksumAt + CHECKSUM_LENGTH;

  // One pass over the character codes without allocation: every verification goes through here.
  const refusal = (text: string): RefusalReason | null => {
    let register = registerAfterPrefix;
    for (let index = prefix.length; index < checksumAt; index++) {
      const code = text.charCodeAt(index);
      if (base62Value(code) < 0) return "FORMAT";
      register = crc32Step(register, code);
    }
    let checksum = 0;
    for (let index = checksumAt; index < length; index++) {
      const value = base62Value(text.charCodeAt(index));
      if (value < 0) return "FORMAT";
      checksum = checksum * 62 + value;
    }
    return checksum === crc32Finish(register) ? null : "CHECKSUM";
  };

  return Object.freeze({
    prefix,
    length,
    claims: (text: string) => text.length === length && text.startsWith(prefix),
    refusal,
    // Not one slice of the text: V8 would keep the whole secret in memory as long as that slice lives.
    displayPrefix: (text: string) => prefix + text.slice(prefix.length, prefix.length + DISPLAY_LENGTH),
    generate: (randomBytes: RandomBytes) => {
      const random = drawBase62(RANDOM_LENGTH, randomBytes);
      const checksum = crc32Finish(crc32Steps(registerAfterPrefix, random));
      return prefix + random + toBase62(checksum, CHECKSUM_LENGTH);
    },
  });
};
