import { z } from "zod";

import { type ErrorCode, errorCodes } from "./error-code.ts";

/** One field of an input that does not fit; never holds the value. */
export const ErrorIssue = z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() });
export type ErrorIssue = z.infer<typeof ErrorIssue>;

/**
 * What every error says, whatever the protocol: under `error` in the JSON of the plain HTTP doors, under `data.error`
 * in tRPC's error shape.
 */
export const ErrorBody = z.object({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  /** Stands in the service's log too. */
  requestId: z.string().optional(),
  /** With `INVALID_INPUT`. */
  issues: z.array(ErrorIssue).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** The same as a caller reads it: a newer service may have codes that this version does not know. */
export const ReceivedErrorBody = ErrorBody.extend({ code: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/) });
