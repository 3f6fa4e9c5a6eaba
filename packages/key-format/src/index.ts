export type { RandomBytes } from "./base62.ts";
export type { RefusalReason } from "./checked-string.ts";
export { type DigestInput, digest, secretSha256, secretSha256Hex } from "./digest.ts";
export { type Environment, environments } from "./environment.ts";
export { KeyFormatError, type KeyFormatErrorCode } from "./key-format-error.ts";
export {
  createPepperRing,
  digestsOf,
  digestWith,
  fingerprintOf,
  type PepperEntry,
  type PepperRing,
  type PepperRingOptions,
  type VersionedDigest,
} from "./pepper-ring.ts";
export {
  createSecretFormat,
  defaultSecretFormat,
  displayPrefix,
  type GenerateSecretOptions,
  type GenerateTokenOptions,
  generateSecret,
  generateToken,
  parseSecret,
  parseToken,
  type SecretFormat,
  tokenDisplayPrefix,
} from "./secret-format.ts";
export {
  createSecretParser,
  type ParsedSecret,
  type ParsedToken,
  type SecretFormatOptions,
  type SecretParser,
} from "./secret-parser.ts";
