import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface OperationsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  /** The process works at all; false makes Kubernetes restart it. */
  readonly isAlive: () => boolean;
  /** It watches, and waits for the lease or leads. */
  readonly isReady: () => boolean;
}

export interface OperationsServer extends AsyncDisposable {
  readonly port: number;
}

const answer = (response: ServerResponse, isGood: boolean): void => {
  response.writeHead(isGood ? 200 : 503, { "content-type": "text/plain" }).end(isGood ? "ok\n" : "not ok\n");
};

/** `/healthz`, `/readyz` and `/metrics`, for the cluster's own eyes. */
export const startOperationsServer = async (options: OperationsServerOptions): Promise<OperationsServer> => {
  const { host, port, registry, isAlive, isReady } = options;
  const server = createServer((request, response) => {
    const path = request.method === "GET" ? (request.url ?? "").replace(/\?.*$/, "") : "";
    switch (path) {
      case "/healthz":
        return answer(response, isAlive());
      case "/readyz":
        return answer(response, isReady());
      case "/metrics":
        return void registry.metrics().then(
          (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        );
      default:
        return void response.writeHead(404).end();
    }
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return Object.freeze({
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  });
};
