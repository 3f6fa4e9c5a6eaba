import {
  CHECKSUM_LENGTH,
  type CheckedString,
  createCheckedString,
  RANDOM_LENGTH,
  type RefusalReason,
} from "./checked-string.ts";
import { type Environment, environments } from "./environment.ts";
import { KeyFormatError } from "./key-format-error.ts";
import { prefixesOf } from "./prefixes.ts";

const DEFAULT_BRAND = "itsy";

/** What a text presented as a secret is. */
export type ParsedSecret =
  | { readonly ok: true; readonly environment: Environment; readonly displayPrefix: string }
  | { readonly ok: false; readonly reason: RefusalReason };

/** What a text presented as a management token is. */
export type ParsedToken =
  | { readonly ok: true; readonly displayPrefix: string }
  | { readonly ok: false; readonly reason: RefusalReason };

export interface SecretFormatOptions {
  /** The first word of every secret and token: 2 to 16 lower-case letters and digits, a letter first. */
  readonly brand?: string;
}

/** The part of a format that reads. It needs no Node.js module. All functions can be taken off the object. */
export interface SecretParser {
  readonly brand: string;
  /** Matches a text that is, from its first to its last character, of the shape of a secret. */
  readonly pattern: RegExp;
  /**
   * The published regular expression (RE2, PCRE and JavaScript) that finds secrets inside other text. Without word
   * boundaries: before a secret may stand anything, for example the `n` of an escaped line end. What only looks like a
   * secret has another checksum.
   */
  readonly scannerPattern: string;
  /** Recognises a secret by its shape and checksum. Never throws; junk of any length costs the same little. */
  readonly parse: (text: string) => ParsedSecret;
  /** `itsy_production_sk_` and the first 4 random characters. Throws `NOT_A_SECRET` when `parse` would refuse. */
  readonly displayPrefix: (secret: string) => string;
  /** As `pattern`, for management tokens. */
  readonly tokenPattern: RegExp;
  /** As `scannerPattern`, for management tokens. */
  readonly tokenScannerPattern: string;
  /** As `parse`, for management tokens. */
  readonly parseToken: (text: string) => ParsedToken;
  /** `itsy_mt_` and the first 4 random characters. Throws `NOT_A_TOKEN` when `parseToken` would refuse. */
  readonly tokenDisplayPrefix: (token: string) => string;
}

// Shared, because refusing junk should not even allocate.
const refused = Object.freeze({
  FORMAT: Object.freeze({ ok: false, reason: "FORMAT" }),
  CHECKSUM: Object.freeze({ ok: false, reason: "CHECKSUM" }),
} as const);

const assertBrand = (brand: string): void => {
  if (/^[a-z][a-z0-9]{1,15}$/.test(brand)) return;
  throw new KeyFormatError(
    "BRAND_INVALID",
    "a brand is 2 to 16 lower-case letters and digits, beginning with a letter",
  );
};

const bodyPattern = `[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}`;

const createSecretReader = (kinds: readonly (readonly [Environment, CheckedString])[]) => {
  const parse = (text: string): ParsedSecret => {
    // What arrives at a door is a string by type only: a repeated header is a list.
    if (typeof text !== "string") return refused.FORMAT;
    for (const [environment, kind] of kinds) {
      if (!kind.claims(text)) continue;
      const reason = kind.refusal(text);
      return reason === null ? { ok: true, environment, displayPrefix: kind.displayPrefix(text) } : refused[reason];
    }
    return refused.FORMAT;
  };
  const displayPrefix = (secret: string): string => {
    const parsed = parse(secret);
    if (!parsed.ok) throw new KeyFormatError("NOT_A_SECRET", `not a secret of this brand (${parsed.reason})`);
    return parsed.displayPrefix;
  };
  return { parse, displayPrefix };
};

const createTokenReader = (kind: CheckedString) => {
  const parseToken = (text: string): ParsedToken => {
    if (typeof text !== "string" || !kind.claims(text)) return refused.FORMAT;
    const reason = kind.refusal(text);
    return reason === null ? { ok: true, displayPrefix: kind.displayPrefix(text) } : refused[reason];
  };
  const tokenDisplayPrefix = (token: string): string => {
    const parsed = parseToken(token);
    if (!parsed.ok) throw new KeyFormatError("NOT_A_TOKEN", `not a management token of this brand (${parsed.reason})`);
    return parsed.displayPrefix;
  };
  return { parseToken, tokenDisplayPrefix };
};

/** Builds the reading part of a brand's format. Throws `BRAND_INVALID`. */
export const createSecretParser = ({ brand = DEFAULT_BRAND }: SecretFormatOptions = {}): SecretParser => {
  assertBrand(brand);
  const prefixes = prefixesOf(brand);
  const secretPattern = `${brand}_(?:${environments.join("|")})_sk_${bodyPattern}`;
  const tokenPattern = `${prefixes.token}${bodyPattern}`;
  return Object.freeze({
    brand,
    pattern: new RegExp(`^${secretPattern}$`),
    scannerPattern: secretPattern,
    ...createSecretReader(environments.map((name) => [name, createCheckedString(prefixes.secret(name))] as const)),
    tokenPattern: new RegExp(`^${tokenPattern}$`),
    tokenScannerPattern: tokenPattern,
    ...createTokenReader(createCheckedString(prefixes.token)),
  });
};
