import type { IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";

import type { Verification } from "@itsy/contract";
import { type Actor, authorize, type Verify } from "@itsy/core";

import type { Authenticate } from "../access/token-cache.ts";
import { bearerOf } from "./bearer.ts";
import type { DirectResponse } from "./direct-response.ts";
import { type Answer, answerOf, answerWith, isOurs, sendError } from "./error-answer.ts";
import type { LogFailure } from "./failure-log.ts";
import { isJson, MALFORMED } from "./json-body.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics.ts";
import { type BodyBounds, KEEP_NOTHING, readBody } from "./read-body.ts";
import { requestIdOf } from "./request-id.ts";
import { createSettle } from "./settle.ts";
import { verificationJson } from "./verification-json.ts";
import { readVerifyInput } from "./verify-input.ts";

export const VERIFY_PATH = "/v1/verify";
/** Without a budget: the largest number of connections is bound enough for so few bytes of each. */
const BOUNDS: BodyBounds = Object.freeze({ bytesMax: 8 * 1024 });

export interface VerifyDoorDeps {
  readonly authenticate: Authenticate;
  readonly verify: Verify;
  readonly metrics: Metrics;
  readonly logFailure: LogFailure;
  readonly lifecycle: Lifecycle;
}

export type Door = (req: IncomingMessage, res: DirectResponse) => void;

interface Visit {
  readonly res: DirectResponse;
  readonly requestId: string;
  readonly beganMs: number;
}

/** What is wrong with a request before its body is looked at. */
const firstFlaw = (req: IncomingMessage): Answer | null => {
  if (req.method !== "POST") return answerWith("METHOD_NOT_ALLOWED");
  if (!isJson(req)) return answerWith("UNSUPPORTED_MEDIA_TYPE");
  return null;
};

/**
 * `POST /v1/verify`, on `node:http` itself: a program asks this for every request it gets. Nothing here waits unless
 * something has to be read, and nothing is logged unless it is our fault.
 */
export const createVerifyDoor = ({ authenticate, verify, metrics, logFailure, lifecycle }: VerifyDoorDeps): Door => {
  const refuse = ({ res, requestId, beganMs }: Visit, answer: Answer, close = lifecycle.draining) => {
    if (answer.code === "METHOD_NOT_ALLOWED") res.setHeader("Allow", "POST");
    sendError(res, { ...answer, requestId, close });
    metrics.request("verify", answer.code, performance.now() - beganMs);
  };

  const fail = (visit: Visit, thrown: unknown) => {
    const answer = answerOf(thrown);
    if (isOurs(answer.code)) logFailure(thrown, { door: "verify", requestId: visit.requestId, code: answer.code });
    refuse(visit, answer);
  };

  const answer = ({ res, requestId, beganMs }: Visit, verification: Verification) => {
    res.endJson(verificationJson(verification), { requestId, close: lifecycle.draining });
    metrics.request("verify", "OK", performance.now() - beganMs);
  };

  const settle = createSettle(fail);

  const judge = (visit: Visit, caller: Actor, body: Buffer) => {
    const actor = authorize(caller, "keys.verify");
    const input = readVerifyInput(body);
    if (input === MALFORMED) return refuse(visit, answerWith("MALFORMED_BODY"));
    settle(visit, verify(actor, input), (verification) => answer(visit, verification));
  };

  return (req, res) => {
    const visit: Visit = { res, requestId: requestIdOf(req), beganMs: performance.now() };
    const token = bearerOf(req);
    const flaw = firstFlaw(req) ?? (token === null ? answerWith("UNAUTHENTICATED") : null);
    readBody(req, flaw === null ? BOUNDS : KEEP_NOTHING, (result) => {
      const close = lifecycle.draining || (!result.ok && result.cutOff);
      if (flaw !== null || token === null) return refuse(visit, flaw ?? answerWith("UNAUTHENTICATED"), close);
      if (!result.ok) return refuse(visit, answerWith(result.code), close);
      try {
        settle(visit, authenticate(token), (caller) => judge(visit, caller, result.body));
      } catch (error) {
        fail(visit, error);
      }
    });
  };
};
