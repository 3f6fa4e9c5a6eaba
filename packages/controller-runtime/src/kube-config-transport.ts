import { setImmediate as nextTurn } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { type Credentials, fingerprintOf, openPool, readCredentials } from "./credentials.ts";
import { systemTimers } from "./timers.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

interface Session {
  readonly credentials: Credentials;
  readonly fingerprint: string;
  readonly pool: Dispatcher;
  readAtMs: number;
}

// Reading them costs file reads; a rotated token or certificate is picked up after at most this time.
const credentialsMaxAgeMs = 10_000;

const addressOf = (kubeConfig: KubeConfig): { readonly origin: string; readonly prefix: string } => {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new TypeError("The kubeconfig has no current cluster.");
  const { origin, pathname } = new URL(cluster.server);
  return { origin, prefix: pathname.replace(/\/+$/, "") };
};

/** Name and port of the API server as they are written: `URL` leaves out the usual port, clients in Go do not. */
export const hostOf = (kubeConfig: KubeConfig): string => kubeConfig.getCurrentCluster()?.server.split("/")[2] ?? "";

const responseOf = ({ statusCode, headers, body }: Dispatcher.ResponseData): TransportResponse => ({
  status: statusCode,
  header: (name) => {
    const value = headers[name.toLowerCase()];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  },
  text: async () => {
    const text = await body.text();
    // undici counts the connection as busy until the next turn; a call before that would open another one.
    await nextTurn();
    return text;
  },
  chunks: () => body,
});

/**
 * Requests over one pool of kept connections. client-node itself opens a new TLS connection for every call
 * (2.0.1: `applySecurityAuthentication` makes a new dispatcher each time).
 */
export const createKubeConfigTransport = (kubeConfig: KubeConfig): Transport => {
  const { origin, prefix } = addressOf(kubeConfig);
  let session: Session | null = null;
  let renewing: Promise<Session> | null = null;

  const renew = async (): Promise<Session> => {
    const credentials = await readCredentials(kubeConfig);
    const fingerprint = fingerprintOf(credentials);
    const readAtMs = systemTimers.monotonicMs();
    const old = session;
    if (old?.fingerprint === fingerprint) return { ...old, credentials, readAtMs };
    const pool = await openPool(kubeConfig, credentials);
    // Requests that run on the old connections may end there.
    old?.pool.close().catch(() => {});
    return { credentials, fingerprint, pool, readAtMs };
  };

  const current = async (): Promise<Session> => {
    if (session !== null && systemTimers.monotonicMs() - session.readAtMs < credentialsMaxAgeMs) return session;
    renewing ??= renew().finally(() => {
      renewing = null;
    });
    session = await renewing;
    return session;
  };

  const send = async ({ method, path, headers, body, signal }: TransportRequest): Promise<TransportResponse> => {
    const used = await current();
    const response = await used.pool.request({
      origin,
      path: `${prefix}${path}`,
      method,
      headers: { ...headers, ...used.credentials.headers },
      body,
      signal,
      // The caller's signal bounds the request; a watch may be silent for long.
      headersTimeout: 0,
      bodyTimeout: 0,
      // undici gives a connection up after a DELETE with a body. Here those are usual (`DeleteOptions`), and safe.
      reset: false,
    });
    if (response.statusCode === 401) used.readAtMs = Number.NEGATIVE_INFINITY;
    return responseOf(response);
  };

  const close = async (): Promise<void> => {
    await renewing?.catch(() => {});
    await session?.pool.close();
  };

  return Object.freeze({ send, close });
};
