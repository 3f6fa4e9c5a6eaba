import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import type { ControlPlane } from "@itsy/testbed";

import type { Chance } from "./seeded.ts";
import { troubleWatch } from "./watch-trouble.ts";

/** An HTTP proxy in front of an API server that breaks what passes, by chance, for as long as it is not calm. */
export interface ChaosProxy extends AsyncDisposable {
  readonly server: string;
  /** What was done to requests and watches, and how often. */
  readonly done: ReadonlyMap<string, number>;
  /** Watches that a client holds open through it. */
  readonly openWatches: number;
  readonly requests: number;
  /** From now on everything passes as it is; what was stalled stays so. */
  calm(): void;
}

const refusals = [
  { status: 410, reason: "Expired" },
  { status: 429, reason: "TooManyRequests" },
  { status: 500, reason: "InternalError" },
  { status: 503, reason: "ServiceUnavailable" },
] as const;

const refuse = (response: ServerResponse, { status, reason }: (typeof refusals)[number], asksToWait: boolean): void => {
  const headers = { "content-type": "application/json", ...(asksToWait ? { "retry-after": "1" } : {}) };
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", reason, message: "by chance", code: status };
  response.writeHead(status, headers).end(JSON.stringify(body));
};

const isWatch = ({ url = "" }: IncomingMessage): boolean => /[?&]watch=true/.test(url);

export const startChaosProxy = async (controlPlane: ControlPlane, chance: Chance): Promise<ChaosProxy> => {
  const { hostname, port } = new URL(controlPlane.server);
  const { caPem: ca, certPem: cert, keyPem: key } = controlPlane;
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  const done = new Map<string, number>();
  const watches = new Set<ServerResponse>();
  let isStormy = true;
  let requests = 0;

  const did = (what: string): void => void done.set(what, (done.get(what) ?? 0) + 1);

  const forward = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = "GET", url = "/" } = request;
    const { host: _, ...headers } = request.headers;
    const upstream = httpsRequest({ agent, hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (isWatch(request)) {
        watches.add(response);
        response.flushHeaders();
        return troubleWatch(answer, response, { chance, did, isStormy: () => isStormy });
      }
      if (isStormy && chance.next() < 0.08) {
        did("cut in an answer");
        answer.once("data", (chunk: Buffer) => {
          response.write(chunk.subarray(0, chunk.length / 2));
          setImmediate(() => response.destroy());
        });
        return;
      }
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    upstream.once("error", () => response.destroy());
    response.once("close", () => {
      watches.delete(response);
      upstream.destroy();
    });
    request.pipe(upstream);
  };

  const server = createServer((request, response) => {
    requests += 1;
    const roll = isStormy ? chance.next() : 1;
    if (roll < 0.06) {
      did("cut before an answer");
      request.socket.resetAndDestroy();
    } else if (roll < 0.1) did("no answer");
    else if (roll < 0.26) {
      const refusal = chance.pick(refusals);
      did(`${isWatch(request) ? "watch" : "list"} refused with ${refusal.status}`);
      refuse(response, refusal, refusal.status === 429 && chance.next() < 0.2);
    } else forward(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    get openWatches() {
      return watches.size;
    },
    get requests() {
      return requests;
    },
    calm: () => {
      isStormy = false;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
};
