import { type ErrorBody, type ErrorCode, errorCodes, isErrorCode } from "@itsy/contract";
import type { TRPCError } from "@trpc/server";
import { type TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { ZodError } from "zod";

import { type Answer, answerOf, answerWith, standardMessages } from "../http/error-answer.ts";

const hasStandardMessage = (code: ErrorCode): code is keyof typeof standardMessages =>
  Object.hasOwn(standardMessages, code);

/** Ours for one of tRPC's codes: the first of the table that maps to it. */
const codeOf = (trpc: TRPC_ERROR_CODE_KEY): ErrorCode =>
  Object.keys(errorCodes)
    .filter(isErrorCode)
    .find((code) => errorCodes[code].trpc === trpc) ?? "INTERNAL";

/**
 * What a failed call is told. tRPC's own messages are not passed on: they quote what was sent (a path, the part of a
 * body that is not JSON).
 */
export const answerOfTrpc = (error: TRPCError): Answer => {
  const { cause, code } = error;
  if (code === "BAD_REQUEST" && cause instanceof ZodError) return answerOf(cause);
  if (code === "BAD_REQUEST" && cause instanceof SyntaxError) return answerWith("MALFORMED_BODY");
  if (code === "INTERNAL_SERVER_ERROR") return answerOf(cause);
  const ours = codeOf(code);
  return answerWith(hasStandardMessage(ours) ? ours : "INTERNAL");
};

/** tRPC's error shape, with what every error of ours says under `data.error`. */
export const shapeOf = (error: TRPCError, requestId: string | undefined) => {
  const answer: ErrorBody = { ...answerOfTrpc(error), ...(requestId !== undefined && { requestId }) };
  const { http, trpc } = errorCodes[answer.code];
  return {
    message: answer.message,
    code: TRPC_ERROR_CODES_BY_KEY[trpc],
    data: { code: trpc, httpStatus: http, error: answer },
  };
};
