import { type TRPC_ERROR_CODE_KEY, TRPCError, type TRPCMiddlewareFunction } from "@trpc/server";

import type { HeaderSource } from "./credential.ts";
import { type Denial, type HttpAnswer, httpAnswerOf } from "./denial.ts";
import { type GateOptions, type KeyOf, type OnUnavailable, passGate } from "./gate.ts";
import type { HeaderFields } from "./rate-limit-fields.ts";
import { unheeded } from "./unheeded.ts";

export type { KeyOf, OnUnavailable, Requirements } from "./gate.ts";

export interface TrpcGateOptions<Context, Mode extends OnUnavailable = "refuse"> extends GateOptions<Context, Mode> {
  /** Where the context keeps the request's headers: `req.headers` (Fetch) or `req.headersDistinct` (Node.js). */
  readonly headers: (context: Context) => HeaderSource;
  /**
   * Sets a header of the HTTP response, for `RateLimit`, `RateLimit-Policy`, `Retry-After` and `WWW-Authenticate`.
   * Without it they are not sent. In a batch the last call wins. What it throws is ignored: in a streamed batch the
   * headers have left before the procedures run.
   */
  readonly setHeader?: (context: Context, name: string, value: string) => unknown;
}

/** The `cause` of the `TRPCError` of a request that did not go on; for an `errorFormatter`. */
export class ApiKeyDenied extends Error {
  readonly denial: Denial;
  readonly answer: HttpAnswer;

  constructor(denial: Denial) {
    const answer = httpAnswerOf(denial);
    super(answer.problem.detail);
    this.name = "ApiKeyDenied";
    this.denial = denial;
    this.answer = answer;
  }
}

const trpcCodes: Readonly<Record<number, TRPC_ERROR_CODE_KEY>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  429: "TOO_MANY_REQUESTS",
  503: "SERVICE_UNAVAILABLE",
};

const toTrpcError = (cause: ApiKeyDenied) => {
  const { status, problem } = cause.answer;
  return new TRPCError({ code: trpcCodes[status] ?? "INTERNAL_SERVER_ERROR", message: problem.detail, cause });
};

/**
 * A middleware for `t.procedure.use(…)`; procedures behind it have the verified key as `ctx.apiKey`. Each procedure of
 * a batch is a request of its own and counts as one, else a batch would be a way around the limit.
 */
export const requireApiKey = <Context extends object, Mode extends OnUnavailable = "refuse">(
  options: TrpcGateOptions<Context, Mode>,
): TRPCMiddlewareFunction<Context, unknown, object, { apiKey: KeyOf<Mode> }, unknown> => {
  return async ({ ctx, next }) => {
    // The same object: tRPC only simplifies its type, which TypeScript cannot see through for any context.
    const context = ctx as unknown as Context;
    const setAll = (fields: HeaderFields) => {
      for (const [name, value] of Object.entries(fields)) unheeded(() => options.setHeader?.(context, name, value));
    };
    const passage = await passGate(context, options.headers(context), options);
    if (!passage.passed) {
      const denied = new ApiKeyDenied(passage.denial);
      setAll(denied.answer.headers);
      throw toTrpcError(denied);
    }
    setAll(passage.headers);
    // What a procedure threw comes back as a value here: it is handed on as it is.
    return next({ ctx: { apiKey: passage.key } });
  };
};
