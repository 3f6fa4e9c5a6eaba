import { type ErrorBody, type ErrorCode, type ErrorIssue, ReceivedErrorBody } from "@itsy/contract";
import { TRPCClientError } from "@trpc/client";

/**
 * The service's own codes, and `UNREACHABLE`: no answer of the service came, so whether the call took effect is unknown.
 * `INVALID_INPUT` is also what `createClient` throws for an option that does not fit, `UNAUTHENTICATED` what a call does
 * whose token could not be read or cannot be sent. A newer service may answer with a code that is not among these.
 */
export type ItsyErrorCode = ErrorCode | "UNREACHABLE";

/** The one error that the client throws. */
export class ItsyError extends Error {
  readonly code: ItsyErrorCode;
  /** Finds the call in the service's log. */
  readonly requestId: string | undefined;
  /** With `INVALID_INPUT`: which fields or options do not fit, and why. */
  readonly issues: readonly ErrorIssue[];

  constructor(
    code: ItsyErrorCode,
    message: string,
    options: ErrorOptions & Partial<Pick<ErrorBody, "requestId" | "issues">> = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "ItsyError";
    this.code = code;
    this.requestId = options.requestId;
    this.issues = options.issues ?? [];
  }
}

/** Turns whatever a call threw into an `ItsyError`. */
export const toItsyError = (thrown: unknown): ItsyError => {
  if (!(thrown instanceof TRPCClientError)) return new ItsyError("UNREACHABLE", "the call failed", { cause: thrown });
  if (thrown.cause instanceof ItsyError) return thrown.cause;
  const body = ReceivedErrorBody.safeParse((thrown.data as { error?: unknown } | undefined)?.error);
  if (body.success) {
    // Typed as the codes that are known, so that a caller may look at each; a newer one falls to the default.
    const code = body.data.code as ErrorCode;
    return new ItsyError(code, body.data.message, { ...body.data, cause: thrown });
  }
  // JSON, but not the service's. Without a cause, which would hold it.
  return new ItsyError("UNREACHABLE", "something else answered in the service's place: JSON of another shape");
};
