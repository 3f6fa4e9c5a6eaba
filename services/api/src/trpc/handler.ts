import type { TRPCError } from "@trpc/server";
import { resolveResponse } from "@trpc/server/http";
import type { Request as ExpressRequest, Response as ExpressResponse, RequestHandler } from "express";

import type { Authenticate } from "../access/token-cache.ts";
import { isOurs } from "../http/error-answer.ts";
import type { OriginOf } from "../http/origin.ts";
import { recordOf } from "../http/request-record.ts";
import type { AppRouter } from "./app-router.ts";
import { CallRequest } from "./call-request.ts";
import { createContextFactory } from "./context.ts";
import { answerOfTrpc } from "./error-shape.ts";
import { sendResponse } from "./send-response.ts";
import { createTakeBody, type TakenBody } from "./take-body.ts";

/** More calls than any page of a program has to show at once; each costs as much as a request of its own. */
const BATCH_MAX = 10;

export interface TrpcHandlerDeps {
  readonly router: AppRouter;
  readonly authenticate: Authenticate;
  readonly originOf: OriginOf;
  /** The largest body, in bytes. */
  readonly bodyBytesMax: number;
}

/** Which procedure, or which of them: what stands behind the last slash. */
const pathOf = ({ path }: ExpressRequest): string => path.slice(path.lastIndexOf("/") + 1);

/**
 * The router on Express. Queries may come by POST, so that no input stands in a URL. An adapter of our own: see
 * `CallRequest`.
 */
export const createTrpcHandler = (deps: TrpcHandlerDeps): RequestHandler => {
  const { router, bodyBytesMax } = deps;
  const takeBody = createTakeBody(bodyBytesMax);
  const contextOf = createContextFactory(deps);

  const noteError = (res: ExpressResponse, error: TRPCError) => {
    const record = recordOf(res);
    record.code = answerOfTrpc(error).code;
    if (isOurs(record.code)) record.cause = error.cause ?? error;
  };

  const answer = async (req: ExpressRequest, res: ExpressResponse, { body, error }: TakenBody): Promise<void> => {
    const response = await resolveResponse({
      router,
      path: pathOf(req),
      // It has all that is asked of it.
      req: new CallRequest(req, res, body) as unknown as Request,
      error,
      createContext: () => Promise.resolve(contextOf({ req, res })),
      allowMethodOverride: true,
      allowBatching: true,
      maxBatchSize: BATCH_MAX,
      onError: (failed) => noteError(res, failed.error),
    });
    await sendResponse(res, response);
  };

  return async (req, res) => answer(req, res, await takeBody(req, res));
};
