import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import type { Limits } from "../env.ts";
import { onClientError, onConnect } from "./broken-request.ts";
import { type Connections, watchConnections } from "./connections.ts";
import { DirectRequest } from "./direct-request.ts";
import { DirectResponse } from "./direct-response.ts";
import { answerWith, sendError } from "./error-answer.ts";
import { formOf } from "./forward-auth-request.ts";
import { LEAKS_PATH } from "./leaks-door.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { originForm } from "./origin-form.ts";
import { createPipelineBound } from "./pipelined.ts";
import { requestIdOf } from "./request-id.ts";
import { type Door, VERIFY_PATH } from "./verify-door.ts";

export interface ServerDeps {
  readonly verifyDoor: Door;
  readonly forwardAuthDoor: Door;
  readonly leaksDoor: Door;
  readonly app: RequestListener;
  readonly limits: Limits;
  readonly lifecycle: Lifecycle;
}

export interface RunningServer {
  /** With the port that was really taken. */
  readonly url: string;
  /** Stops as described at `Limits`; resolves when no connection is left. */
  drain(): Promise<void>;
}

/** Node.js leaves out what comes after so many. */
export const HEADERS_MAX = 100;
const CHECK_TIMEOUTS_EVERY_MS = 1000;
/**
 * A connection on which nothing moves for so long after a request must have arrived is given up: longer than any answer
 * waits for the database and for other replicas.
 */
const ANSWER_TIMEOUT_MS = 30_000;

const urlOf = (host: string, { port }: AddressInfo): string => {
  const reachable = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
};

const listen = async (server: Server, { host, port }: { readonly host: string; readonly port: number }) => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, resolve);
  await promise;
  server.off("error", reject);
  return urlOf(host, server.address() as AddressInfo);
};

const close = async (server: Server, connections: Connections, drainMs: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // `close` ends the connections that are idle now; the others become idle one by one.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const bound = setTimeout(() => connections.destroyAll(), drainMs);
  await promise;
  clearInterval(idle);
  clearTimeout(bound);
};

/** The hot paths before Express, which alone costs as much again. */
const listenerOf = ({ verifyDoor, forwardAuthDoor, leaksDoor, app }: ServerDeps): Door => {
  const refusesPipelined = createPipelineBound();
  return (req, res) => {
    if (refusesPipelined(req, res)) return;
    // RFC 9112, section 3.2. Node.js would say so too, but without a code.
    if (req.httpVersion === "1.1" && req.headers.host === undefined) {
      const refusal = { ...answerWith("MALFORMED_BODY"), requestId: requestIdOf(req), close: true };
      return sendError(res, refusal);
    }
    if (req.url !== undefined && !req.url.startsWith("/")) req.url = originForm(req.url);
    if (req.url === VERIFY_PATH) return verifyDoor(req, res);
    if (req.url === LEAKS_PATH) return leaksDoor(req, res);
    if (formOf(req.url) !== null) return forwardAuthDoor(req, res);
    app(req, res);
  };
};

/** Serves all doors on one port. */
export const startServer = async (
  deps: ServerDeps,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> => {
  const { limits, lifecycle } = deps;
  const listener = listenerOf(deps);
  const server = createServer(
    {
      IncomingMessage: DirectRequest,
      ServerResponse: DirectResponse,
      requireHostHeader: false,
      headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: CHECK_TIMEOUTS_EVERY_MS,
    },
    listener,
  );
  server.maxHeadersCount = HEADERS_MAX;
  server.timeout = limits.requestTimeoutMs + ANSWER_TIMEOUT_MS;
  server.maxConnections = limits.connectionsMax;
  server.on("clientError", onClientError);
  server.on("connect", onConnect);
  // An expectation that nobody knows is not met, and not refused either: Node.js would, without a code.
  server.on("checkExpectation", listener);
  const connections = watchConnections(server);
  const url = await listen(server, address);
  return Object.freeze({
    url,
    drain: async () => {
      lifecycle.drain();
      await delay(limits.drainDelayMs);
      await close(server, connections, limits.drainMs);
    },
  });
};
