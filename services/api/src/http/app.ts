import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import helmet from "helmet";
import type { Logger } from "../logger.ts";
import { DirectRequest } from "./direct-request.ts";
import { type Answer, answerOf, answerWith, sendError } from "./error-answer.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics.ts";
import type { AskReadiness } from "./readiness.ts";
import type { Door } from "./request-durations.ts";
import { recordOf, recordRequests } from "./request-record.ts";

export interface AppDeps {
  readonly trpc: RequestHandler;
  readonly readiness: AskReadiness;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

const respond = (res: express.Response, answer: Answer) => {
  const record = recordOf(res);
  record.code = answer.code;
  sendError(res, { ...answer, requestId: record.requestId });
};

const through =
  (door: Door): RequestHandler =>
  (_req, res, next) => {
    recordOf(res).door = door;
    next();
  };

const closeWhenDraining =
  (lifecycle: Lifecycle): RequestHandler =>
  (_req, res, next) => {
    if (lifecycle.draining) res.setHeader("Connection", "close");
    next();
  };

/** What Express and its parts refuse by themselves has a status of the 400s; everything else is ours. */
// oxlint-disable-next-line max-params -- by its four parameters Express knows an error handler
const onError: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const record = recordOf(res);
  const status = (error as { readonly status?: unknown } | null)?.status;
  if (typeof status === "number" && status >= 400 && status < 500) return respond(res, answerWith("INVALID_INPUT"));
  record.cause = error;
  respond(res, answerOf(error));
};

/**
 * Express's requests go on being ours, so that their bodies come directly. As it documents it ("Overriding the Express
 * API"), but for this app only: others in the process have requests of `node:http`.
 */
const keepRequestsDirect = ({ request }: Express): void => {
  const methods = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(request) as object);
  Object.setPrototypeOf(request, Object.create(DirectRequest.prototype, methods) as object);
};

/** Everything that has no door of its own. Its requests must be `DirectRequest`s. */
export const createApp = ({ trpc, readiness, metrics, logger, lifecycle }: AppDeps): Express => {
  const app = express();
  keepRequestsDirect(app);
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", false);
  app.use(recordRequests({ logger, metrics }), closeWhenDraining(lifecycle), helmet());
  app.use((_req, res, next) => {
    res.setHeader("Cache-Control", "no-store");
    next();
  });

  const readOnly = (path: string, door: Door, handler: RequestHandler) =>
    app
      .route(path)
      .all(through(door))
      .get(handler)
      .all((_req, res) => {
        res.setHeader("Allow", "GET, HEAD");
        respond(res, answerWith("METHOD_NOT_ALLOWED"));
      });

  readOnly("/healthz", "health", (_req, res) => void res.json({ status: "ok" }));
  readOnly("/readyz", "health", async (_req, res) => {
    const { ready, checks } = await readiness();
    if (!ready) recordOf(res).code = "UNAVAILABLE";
    res.status(ready ? 200 : 503).json({ status: ready ? "ready" : "not ready", checks });
  });
  readOnly("/metrics", "metrics", async (_req, res) => {
    res.setHeader("Content-Type", metrics.contentType);
    res.end(await metrics.text());
  });
  // Of a TRACE tRPC cannot make a Fetch request: it would fail as a defect of ours. A HEAD it answers with 204, whatever
  // is asked and whoever asks.
  const refuseMethods: RequestHandler = (req, res, next) => {
    if (req.method !== "TRACE" && req.method !== "HEAD") return next();
    res.setHeader("Allow", "GET, POST");
    respond(res, answerWith("METHOD_NOT_ALLOWED"));
  };
  app.use("/trpc", through("trpc"), refuseMethods, trpc);
  app.use((_req, res) => respond(res, answerWith("NOT_FOUND")));
  app.use(onError);
  return app;
};
