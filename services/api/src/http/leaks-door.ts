import type { IncomingMessage, ServerResponse } from "node:http";

import { LeakReport } from "@itsy/contract";
import { type Clock, type ReportedLeaks, type ReportLeaks, scannerActor } from "@itsy/core";
import type { Logger } from "../logger.ts";
import type { ScannerKey } from "../settings/scanner-keys.ts";
import { createBatchAllowance } from "./batch-allowance.ts";
import { createBodyBudget } from "./body-budget.ts";
import { type Answer, answerOf, answerWith, isOurs, sendError } from "./error-answer.ts";
import type { LogFailure } from "./failure-log.ts";
import { isJson, MALFORMED, parseJson } from "./json-body.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics.ts";
import type { OriginOf } from "./origin.ts";
import { type BodyResult, KEEP_NOTHING, readBody } from "./read-body.ts";
import { requestIdOf } from "./request-id.ts";
import { type SignedHeaders, scannerOf, signedHeadersOf } from "./scanner-signature.ts";
import type { Door } from "./verify-door.ts";

export const LEAKS_PATH = "/v1/leaks";
/** A thousand leaks with the URLs at which they were found. */
const BODY_BYTES_MAX = 512 * 1024;
/** Headers of the right form need no key, so until a body is here to be checked, anybody may have sent it. */
const UNVERIFIED_BYTES_MAX = 16 * 1024 * 1024;
/** Of each scanner: sixty thousand secrets a minute. */
const BATCHES_PER_MINUTE = 60;

export interface LeaksDoorDeps {
  readonly reportLeaks: ReportLeaks;
  readonly scannerKeys: readonly ScannerKey[];
  readonly originOf: OriginOf;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly logFailure: LogFailure;
  readonly lifecycle: Lifecycle;
}

interface Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly requestId: string;
  readonly beganMs: number;
}

/** What stands instead of the message for callers with a token. The same whatever was sent. */
const unsigned: Answer = { code: "UNAUTHENTICATED", message: "the signature of a known scanner is needed" };

/** `POST /v1/leaks`, on `node:http` itself: what is signed are the bytes of the body. */
export const createLeaksDoor = (deps: LeaksDoorDeps): Door => {
  const { reportLeaks, scannerKeys, originOf, clock, monotonicMs, metrics, logger, logFailure, lifecycle } = deps;
  const bounds = { bytesMax: BODY_BYTES_MAX, budget: createBodyBudget(UNVERIFIED_BYTES_MAX) };
  const allowBatch = createBatchAllowance(BATCHES_PER_MINUTE, monotonicMs);

  const refuse = ({ res, requestId, beganMs }: Visit, answer: Answer, close = lifecycle.draining) => {
    if (answer.code === "METHOD_NOT_ALLOWED") res.setHeader("Allow", "POST");
    sendError(res, { ...answer, requestId, close, challenge: "Signature" });
    metrics.request("leaks", answer.code, performance.now() - beganMs);
  };

  const fail = (visit: Visit, thrown: unknown) => {
    const answer = answerOf(thrown);
    if (isOurs(answer.code)) logFailure(thrown, { door: "leaks", requestId: visit.requestId, code: answer.code });
    refuse(visit, answer);
  };

  const tell = ({ requestId }: Visit, scanner: string, { outcomes }: ReportedLeaks) => {
    const counts: Partial<Record<(typeof outcomes)[number], number>> = {};
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
    for (const outcome of outcomes) metrics.leak(outcome);
    logger.warn({ requestId, door: "leaks", scanner, ...counts }, "secrets were reported as found in public");
  };

  const answer = ({ res, requestId, beganMs }: Visit, { result }: ReportedLeaks) => {
    const body = JSON.stringify(result);
    res.writeHead(200, {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": requestId,
      ...(lifecycle.draining && { Connection: "close" }),
    });
    res.end(body);
    metrics.request("leaks", "OK", performance.now() - beganMs);
  };

  const take = async (visit: Visit, scanner: string, body: Buffer): Promise<void> => {
    try {
      if (!isJson(visit.req)) return refuse(visit, answerWith("UNSUPPORTED_MEDIA_TYPE"));
      const json = parseJson(body);
      if (json === MALFORMED) return refuse(visit, answerWith("MALFORMED_BODY"));
      const report = LeakReport.parse(json);
      const allowance = allowBatch(scanner);
      if (!allowance.allowed) {
        visit.res.setHeader("Retry-After", Math.ceil(allowance.inMs / 1000));
        return refuse(visit, answerWith("TOO_MANY_REQUESTS"));
      }
      const reported = await reportLeaks(scannerActor(scanner, originOf(visit.req)), report);
      tell(visit, scanner, reported);
      answer(visit, reported);
    } catch (error) {
      fail(visit, error);
    }
  };

  const onBody = (visit: Visit, signed: SignedHeaders | Answer, result: BodyResult) => {
    const close = lifecycle.draining || (!result.ok && result.cutOff);
    if ("code" in signed) return refuse(visit, signed, close);
    if (!result.ok) return refuse(visit, answerWith(result.code), close);
    const scanner = scannerOf(scannerKeys, signed, result.body);
    if (scanner === null) return refuse(visit, unsigned);
    void take(visit, scanner, result.body);
  };

  /** How the body is signed, or why it does not matter. */
  const signedOf = (req: IncomingMessage): SignedHeaders | Answer => {
    if (req.method !== "POST") return answerWith("METHOD_NOT_ALLOWED");
    return (scannerKeys.length === 0 ? null : signedHeadersOf(req.headers, clock.now())) ?? unsigned;
  };

  return (req, res) => {
    const visit: Visit = { req, res, requestId: requestIdOf(req), beganMs: performance.now() };
    const signed = signedOf(req);
    readBody(req, "code" in signed ? KEEP_NOTHING : bounds, (result) => onBody(visit, signed, result));
  };
};
