import { createExpressMiddleware } from "@trpc/server/adapters/express";
import type { RequestHandler } from "express";

import type { Authenticate } from "../access/token-cache.ts";
import { isOurs } from "../http/error-answer.ts";
import type { OriginOf } from "../http/origin.ts";
import { recordOf } from "../http/request-record.ts";
import type { AppRouter } from "./app-router.ts";
import { createContextFactory } from "./context.ts";
import { answerOfTrpc } from "./error-shape.ts";
import { createTakeBody } from "./take-body.ts";

/** More calls than any page of a program has to show at once; each costs as much as a request of its own. */
const BATCH_MAX = 10;

export interface TrpcHandlerDeps {
  readonly router: AppRouter;
  readonly authenticate: Authenticate;
  readonly originOf: OriginOf;
  /** The largest body, in bytes. */
  readonly bodyBytesMax: number;
}

/** The router on HTTP. Queries may come by POST, so that no input stands in a URL. */
export const createTrpcHandler = ({ router, authenticate, originOf, bodyBytesMax }: TrpcHandlerDeps): RequestHandler =>
  createExpressMiddleware({
    router,
    createContext: createContextFactory({ authenticate, originOf }),
    allowMethodOverride: true,
    allowBatching: true,
    maxBatchSize: BATCH_MAX,
    middleware: createTakeBody(bodyBytesMax),
    onError: ({ req, error }) => {
      if (req.res === undefined) return;
      const record = recordOf(req.res);
      record.code = answerOfTrpc(error).code;
      if (isOurs(record.code)) record.cause = error.cause ?? error;
    },
  });
