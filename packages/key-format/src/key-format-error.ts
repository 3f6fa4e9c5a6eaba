/** Stable codes of the mistakes a caller of this package can make. */
export type KeyFormatErrorCode =
  | "BRAND_INVALID"
  | "ENVIRONMENT_UNKNOWN"
  | "NOT_A_SECRET"
  | "NOT_A_TOKEN"
  | "RANDOM_SOURCE_BROKEN"
  | "SHA256_LENGTH"
  | "PEPPER_RING_EMPTY"
  | "PEPPER_TOO_SHORT"
  | "PEPPER_VERSION_INVALID"
  | "PEPPER_VERSION_DUPLICATE"
  | "PEPPER_VERSION_UNKNOWN";

/** A wrong call or configuration. Its message never holds a secret, a token, a digest, a pepper, or any part of one. */
export class KeyFormatError extends Error {
  override readonly name = "KeyFormatError";
  readonly code: KeyFormatErrorCode;

  constructor(code: KeyFormatErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
