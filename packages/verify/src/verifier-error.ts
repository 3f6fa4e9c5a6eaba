export type VerifierErrorCode =
  /** A setting does not fit; thrown once, by `createVerifier`. */
  | "OPTIONS_INVALID"
  /** What `verify` was asked does not fit the contract, for example a project that is no DNS label. */
  | "INPUT_INVALID"
  /** A handler asked for the key of a request that no middleware let through with a verified key. */
  | "NOT_VERIFIED";

/** A mistake in the program that uses this package. What happens to a key or to the service is an answer, not an error. */
export class VerifierError extends Error {
  readonly code: VerifierErrorCode;

  constructor(code: VerifierErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VerifierError";
    this.code = code;
  }
}
