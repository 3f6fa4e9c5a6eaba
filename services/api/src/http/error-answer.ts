import type { ServerResponse } from "node:http";

import { type ErrorBody, type ErrorCode, errorCodes } from "@itsy/contract";
import { ConcurrentChange, DomainError, DuplicateRow, RateLimitUnavailable } from "@itsy/core";
import { ZodError } from "zod";

import { isUnavailable } from "../database/database-error.ts";
import { issuesOf } from "./issues.ts";

/** What is said of an error to whoever asked. */
export type Answer = Omit<ErrorBody, "requestId">;

/** For codes whose messages say nothing about the case. */
export const standardMessages = {
  INVALID_INPUT: "the input does not fit the schema",
  MALFORMED_BODY: "the body is not valid JSON, or is cut off",
  UNAUTHENTICATED: "a valid management token is needed: Authorization: Bearer itsy_mt_…",
  NOT_FOUND: "there is nothing here",
  TOO_MANY_REQUESTS: "too many of these in a short time; try again later",
  METHOD_NOT_ALLOWED: "the method is not allowed here",
  PAYLOAD_TOO_LARGE: "the request is too large",
  UNSUPPORTED_MEDIA_TYPE: "the body must be application/json",
  REQUEST_TIMEOUT: "the request took too long to arrive",
  UNAVAILABLE: "the service cannot answer right now; try again later",
  INTERNAL: "a defect on our side; its cause is in the log under the request id",
} as const satisfies Partial<Record<ErrorCode, string>>;

export const answerWith = (code: keyof typeof standardMessages): Answer => ({ code, message: standardMessages[code] });

export const unauthenticated = () => new DomainError("UNAUTHENTICATED", standardMessages.UNAUTHENTICATED);

/** One mapping for all doors: what the domain and the database throw. Anything unknown is `INTERNAL`, without its words. */
export const answerOf = (thrown: unknown): Answer => {
  if (thrown instanceof DomainError) return { code: thrown.code, message: thrown.message };
  if (thrown instanceof ZodError) return { ...answerWith("INVALID_INPUT"), issues: issuesOf(thrown) };
  if (isUnavailable(thrown)) return answerWith("UNAVAILABLE");
  // Not a refusal: nobody knows whether the limit allows the request.
  if (thrown instanceof RateLimitUnavailable) return answerWith("UNAVAILABLE");
  // Lost against others at every retry of the transaction.
  if (thrown instanceof ConcurrentChange) return answerWith("UNAVAILABLE");
  if (thrown instanceof DuplicateRow) return { code: "CONFLICT", message: "the same was made at the same time" };
  return answerWith("INTERNAL");
};

/** Whether the cause belongs in the log at the level of an error. */
export const isOurs = (code: ErrorCode): boolean => errorCodes[code].http >= 500;

export interface ErrorAnswer extends Answer {
  readonly requestId: string;
  /** Ends the connection after the answer. */
  readonly close?: boolean;
  /** How to authenticate, where that is not with a token. */
  readonly challenge?: string;
}

/** Answers `{ error: … }` with the code's status. Nothing happens when an answer is on its way already. */
export const sendError = (
  res: ServerResponse,
  { close = false, challenge = "Bearer", ...error }: ErrorAnswer,
): void => {
  if (res.headersSent) return;
  const body = JSON.stringify({ error });
  res.writeHead(errorCodes[error.code].http, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": error.requestId,
    ...(error.code === "UNAUTHENTICATED" && { "WWW-Authenticate": challenge }),
    ...(error.code === "UNAVAILABLE" && { "Retry-After": "1" }),
    ...(close && { Connection: "close" }),
  });
  res.end(body);
};
