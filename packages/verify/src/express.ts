import type { IncomingMessage, ServerResponse } from "node:http";

import type { VerifiedKey } from "./answer.ts";
import { httpAnswerOf, PROBLEM_TYPE } from "./denial.ts";
import { type GateOptions, type OnUnavailable, passGate } from "./gate.ts";
import { VerifierError } from "./verifier-error.ts";

export type { OnUnavailable, Requirements } from "./gate.ts";

/** Fits Express 4 and 5, Connect, and all that hand on Node's own request and response. */
export type NodeMiddleware<Request extends IncomingMessage> = (
  request: Request,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

// Not a property of the request: it could only be declared for every request of the program, as one that may be there.
const keys = new WeakMap<object, VerifiedKey | null>();

/** The key that a request was let through with; `null` when none was verified (`onUnavailable: "accept"`). */
export const findApiKey = (request: object): VerifiedKey | null => keys.get(request) ?? null;

/** As `findApiKey`; throws `NOT_VERIFIED` instead of `null`, so that a handler without its middleware fails closed. */
export const apiKeyOf = (request: object): VerifiedKey => {
  const key = findApiKey(request);
  if (key === null) throw new VerifierError("NOT_VERIFIED", "this request was not let through with a verified key");
  return key;
};

const send = (response: ServerResponse, answer: ReturnType<typeof httpAnswerOf>) => {
  const body = JSON.stringify(answer.problem);
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.statusCode = answer.status;
  response.setHeader("Content-Type", PROBLEM_TYPE);
  response.setHeader("Content-Length", new TextEncoder().encode(body).byteLength);
  response.end(body);
};

/** Whether somebody else answered, for example a middleware that watches the time, or the client left. */
const isOver = ({ headersSent, writableEnded, destroyed }: ServerResponse) => headersSent || writableEnded || destroyed;

/**
 * Lets a request on when its key is good, and answers it otherwise. Handlers behind it read the key with `apiKeyOf`.
 * A request that was over before the service answered is left alone. Mount it behind CORS: a preflight request carries
 * no credential.
 */
export const requireApiKey =
  <Request extends IncomingMessage = IncomingMessage, Mode extends OnUnavailable = "refuse">(
    options: GateOptions<Request, Mode>,
  ): NodeMiddleware<Request> =>
  async (request, response, next) => {
    let isLetOn = false;
    try {
      // `headers` alone would hide that a header came twice. Some runtimes that imitate Node.js have only that.
      const passage = await passGate(request, request.headersDistinct ?? request.headers, options);
      if (isOver(response)) return;
      if (!passage.passed) {
        send(response, httpAnswerOf(passage.denial));
        return;
      }
      keys.set(request, passage.key);
      // Appended: a server may tell of limits of its own.
      for (const [name, value] of Object.entries(passage.headers)) response.appendHeader(name, value);
      isLetOn = true;
      next();
    } catch (error) {
      // Express 4 and bare servers do not look at what a middleware returns: a rejection would end the process.
      if (isLetOn || !isOver(response)) next(error);
    }
  };
