import { randomBytes as systemRandomBytes } from "node:crypto";
import type { RandomBytes } from "./base62.ts";
import { createCheckedString } from "./checked-string.ts";
import { type Environment, environments } from "./environment.ts";
import { KeyFormatError } from "./key-format-error.ts";
import { prefixesOf } from "./prefixes.ts";
import { createSecretParser, type SecretFormatOptions, type SecretParser } from "./secret-parser.ts";

export interface GenerateSecretOptions {
  readonly environment: Environment;
  /** Default: the operating system's generator. */
  readonly randomBytes?: RandomBytes;
}

export interface GenerateTokenOptions {
  /** Default: the operating system's generator. */
  readonly randomBytes?: RandomBytes;
}

/** Everything about the secrets and management tokens of one brand. All functions can be taken off the object. */
export interface SecretFormat extends SecretParser {
  /** A new secret. Throws `RANDOM_SOURCE_BROKEN`, and `ENVIRONMENT_UNKNOWN` for what the type forbids. */
  readonly generate: (options: GenerateSecretOptions) => string;
  /** A new management token. Throws `RANDOM_SOURCE_BROKEN`. */
  readonly generateToken: (options?: GenerateTokenOptions) => string;
}

/** Builds a brand's format; the brand is `itsy` unless given. Throws `BRAND_INVALID`. */
export const createSecretFormat = (options: SecretFormatOptions = {}): SecretFormat => {
  const parser = createSecretParser(options);
  const prefixes = prefixesOf(parser.brand);
  const kinds = new Map(environments.map((name) => [name, createCheckedString(prefixes.secret(name))]));
  const tokens = createCheckedString(prefixes.token);
  return Object.freeze({
    ...parser,
    generate: ({ environment, randomBytes = systemRandomBytes }: GenerateSecretOptions) => {
      const kind = kinds.get(environment);
      if (kind === undefined) {
        throw new KeyFormatError("ENVIRONMENT_UNKNOWN", `an environment is one of ${environments.join(", ")}`);
      }
      return kind.generate(randomBytes);
    },
    generateToken: ({ randomBytes = systemRandomBytes }: GenerateTokenOptions = {}) => tokens.generate(randomBytes),
  });
};

/** The format of the default brand. */
export const defaultSecretFormat: SecretFormat = createSecretFormat();

export const {
  generate: generateSecret,
  parse: parseSecret,
  displayPrefix,
  generateToken,
  parseToken,
  tokenDisplayPrefix,
} = defaultSecretFormat;
