import type { ErrorCode } from "@itsy/contract";
import type { RequestHandler, Response } from "express";
import type { Logger } from "../logger.ts";
import { isOurs } from "./error-answer.ts";
import type { Metrics } from "./metrics.ts";
import type { Door } from "./request-durations.ts";
import { requestIdOf } from "./request-id.ts";

/** What is known of a request while it is answered; each part of the way adds what it learns. */
export interface RequestRecord {
  readonly requestId: string;
  door: Door;
  code: "OK" | ErrorCode;
  tokenId?: string;
  /** What went wrong on our side. */
  cause?: unknown;
}

/** With its printable ASCII written as it is: encoded, what looks like a secret would not be found, and blanked. */
const readable = (path: string): string =>
  path.replaceAll(/%([2-6][0-9a-f]|7[0-9a-e])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const records = new WeakMap<object, RequestRecord>();

export const recordOf = (res: Response): RequestRecord => {
  const record = records.get(res);
  if (record === undefined) throw new Error("the request was not recorded");
  return record;
};

export interface RecordRequestsDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Gives each request its id, and logs and counts it once it is answered. Never a header, a query or a body. */
export const recordRequests =
  ({ logger, metrics }: RecordRequestsDeps): RequestHandler =>
  (req, res, next) => {
    const beganMs = performance.now();
    const record: RequestRecord = { requestId: requestIdOf(req), door: "other", code: "OK" };
    const path = readable(req.path);
    records.set(res, record);
    res.setHeader("X-Request-Id", record.requestId);
    res.once("close", () => {
      const durationMs = performance.now() - beganMs;
      const { door, code, requestId, tokenId, cause } = record;
      metrics.request(door, code, durationMs);
      const level =
        code !== "OK" && isOurs(code) ? "error" : door === "health" || door === "metrics" ? "debug" : "info";
      logger[level](
        {
          requestId,
          door,
          method: req.method,
          path,
          status: res.statusCode,
          code,
          tokenId,
          durationMs: Math.round(durationMs * 1000) / 1000,
          ...(cause !== undefined && { err: cause }),
          ...(!res.writableFinished && { aborted: true }),
        },
        "request",
      );
    });
    next();
  };
