import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHealthHandler, type HealthChecks } from "@itsy/controller-runtime";
import type { Registry } from "prom-client";

export interface OperationsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  readonly health: HealthChecks;
}

export interface OperationsServer extends AsyncDisposable {
  readonly port: number;
}

/** `/healthz`, `/readyz` and `/metrics`, for the cluster's own eyes. */
export const startOperationsServer = async (options: OperationsServerOptions): Promise<OperationsServer> => {
  const { host, port, registry, health } = options;
  const answersHealth = createHealthHandler(health);
  const server = createServer((request, response) => {
    if (answersHealth(request, response)) return;
    const path = request.method === "GET" ? request.url?.replace(/\?.*$/, "") : undefined;
    if (path !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
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
