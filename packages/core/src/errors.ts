import type { ErrorCode } from "@itsy/contract";

/** The one error class of the domain: a stable code, a message for the reader, and the cause where there is one. */
export class DomainError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DomainError";
    this.code = code;
  }
}

export const notFound = (what: string) => new DomainError("NOT_FOUND", `no such ${what}`);
