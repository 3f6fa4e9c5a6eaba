import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";

import type { ErrorCode, Verification } from "@itsy/contract";
import { authorize, type Verify } from "@itsy/core";
import { type Denial, readCredential } from "@itsy/verify/http";

import type { Authenticate } from "../access/token-cache.ts";
import type { Logger } from "../logger.ts";
import { createAtMostEvery } from "./at-most-every.ts";
import { answerOf, answerWith, isOurs, sendError } from "./error-answer.ts";
import type { LogFailure } from "./failure-log.ts";
import { send, told, toldOfDenial, unavailable } from "./forward-auth-answer.ts";
import { type Detail, type ForwardedIpOf, formOf, proxyTokenOf, questionOf } from "./forward-auth-request.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics.ts";
import { requestIdOf } from "./request-id.ts";
import { createSettle } from "./settle.ts";

export interface ForwardAuthDoorDeps {
  readonly authenticate: Authenticate;
  readonly verify: Verify;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly logFailure: LogFailure;
  readonly lifecycle: Lifecycle;
  readonly monotonicMs: () => number;
  readonly forwardedIpOf: ForwardedIpOf;
  /** Headers beyond this many were not read. */
  readonly headersMax: number;
}

interface Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly requestId: string;
  readonly beganMs: number;
}

/** A proxy that is set up wrongly asks as often as its clients do: it is not logged as often. */
const COMPLAIN_EVERY_MS = 10_000;

/** What is wrong with a request whoever sends it. */
const flawOf = (req: IncomingMessage, headersMax: number) => {
  const isReading = req.method === "GET" || req.method === "HEAD";
  if (!isReading && formOf(req.url) === "fixed") return "METHOD_NOT_ALLOWED";
  // What was not read may be a second credential.
  if (req.rawHeaders.length > 2 * headersMax) return "PAYLOAD_TOO_LARGE";
  return null;
};

/** Nobody reads it, so the connection ends rather than wait for the rest of it. */
const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

/**
 * `GET|HEAD /v1/forward-auth`, for proxies that ask before they let a request through: the same answers as
 * `POST /v1/verify`, as statuses and headers. 401 and 403 are said of the client's key only: when the proxy's own
 * token or requirements are wrong, nobody can say anything of the key, which is 503. A body is never read.
 */
export const createForwardAuthDoor = (deps: ForwardAuthDoorDeps) => {
  const { authenticate, verify, metrics, logger, logFailure, lifecycle, monotonicMs, forwardedIpOf, headersMax } = deps;
  const atTimes = createAtMostEvery(COMPLAIN_EVERY_MS, monotonicMs);

  const complain = (requestId: string, code: ErrorCode) =>
    atTimes(() =>
      logger.warn({ requestId, door: "forward_auth", code }, "a proxy asks in a wrong way: its token or requirements"),
    );

  const finish = ({ req, res, requestId, beganMs }: Visit, what: ReturnType<typeof told>, code: "OK" | ErrorCode) => {
    send(res, what, { requestId, close: lifecycle.draining || announcesBody(req) });
    metrics.request("forward_auth", code, performance.now() - beganMs);
  };

  const deny = (visit: Visit, denial: Denial) => finish(visit, toldOfDenial(denial), "OK");
  const answer = (visit: Visit, verification: Verification, tell: readonly Detail[]) =>
    finish(visit, told(verification, tell), "OK");

  const fail = (visit: Visit, thrown: unknown) => {
    const { code } = answerOf(thrown);
    if (!isOurs(code)) complain(visit.requestId, code);
    else logFailure(thrown, { door: "forward_auth", requestId: visit.requestId, code });
    finish(visit, toldOfDenial(unavailable), code);
  };

  const settle = createSettle(fail);

  const judge = (visit: Visit, token: string) =>
    settle(visit, authenticate(token), (caller) => {
      const actor = authorize(caller, "keys.verify");
      const { required, tell } = questionOf(visit.req, forwardedIpOf);
      const credential = readCredential(visit.req.headersDistinct);
      if (!credential.found) return deny(visit, { outcome: "unidentified", code: credential.code });
      const verification = verify(actor, { ...required, secret: credential.secret });
      settle(visit, verification, (value) => answer(visit, value, tell));
    });

  return (req: IncomingMessage, res: ServerResponse): void => {
    const visit: Visit = { req, res, requestId: requestIdOf(req), beganMs: performance.now() };
    const flaw = flawOf(req, headersMax);
    if (flaw !== null) {
      if (flaw === "METHOD_NOT_ALLOWED") res.setHeader("Allow", "GET, HEAD");
      sendError(res, { ...answerWith(flaw), requestId: visit.requestId, close: true });
      metrics.request("forward_auth", flaw, performance.now() - visit.beganMs);
      return;
    }
    const token = proxyTokenOf(req);
    if (token === null) {
      complain(visit.requestId, "UNAUTHENTICATED");
      finish(visit, toldOfDenial(unavailable), "UNAUTHENTICATED");
      return;
    }
    try {
      judge(visit, token);
    } catch (error) {
      fail(visit, error);
    }
  };
};
