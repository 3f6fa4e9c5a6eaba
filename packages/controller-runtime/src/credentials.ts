import { createHash } from "node:crypto";
import type { RequestOptions } from "node:https";
import { HttpMethod, type KubeConfig, RequestContext } from "@kubernetes/client-node";
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici";

/** What client-node's KubeConfig says about how to reach and convince the API server, at one moment. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<
    RequestOptions,
    "ca" | "cert" | "key" | "pfx" | "passphrase" | "servername" | "rejectUnauthorized"
  >;
}

const headersOf = ({ headers = {}, auth }: RequestOptions): Record<string, string> => {
  const own = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const basic = auth == null ? [] : [["Authorization", `Basic ${Buffer.from(auth).toString("base64")}`]];
  return Object.fromEntries([...basic, ...own]);
};

/** Runs the exec plugin, reads the token file or refreshes the token when it is time: KubeConfig decides. */
export const readCredentials = async (kubeConfig: KubeConfig): Promise<Credentials> => {
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const tls = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
  const set = Object.entries(tls).filter(([, value]) => value !== undefined && value !== null);
  return { headers: headersOf(options), tls: Object.fromEntries(set) };
};

/** Equal exactly when the same connections will do. */
export const fingerprintOf = ({ tls }: Credentials): string =>
  createHash("sha256").update(JSON.stringify(tls)).digest("hex");

const poolOptions = {
  // HTTP/1.1: one stuck connection then stalls one request and not all of them.
  allowH2: false,
  connectTimeout: 10_000,
  // The API server closes idle connections after 90 s; being first avoids writes into a closing one.
  keepAliveTimeout: 60_000,
};

// Both libraries hand these to `tls.connect`; their types only disagree about explicit `undefined`.
const connecting = (options: object): buildConnector.BuildOptions => options;

/** Only client-node can build its SOCKS connector. */
const openSocksPool = async (kubeConfig: KubeConfig, server: string): Promise<Dispatcher> => {
  const context = new RequestContext(server, HttpMethod.GET);
  await kubeConfig.applySecurityAuthentication(context);
  const pool = context.getDispatcher();
  if (pool === undefined) throw new Error("The kubeconfig names a SOCKS proxy, but client-node made no connector.");
  return pool;
};

/** The connection pool for these credentials, through the kubeconfig's proxy if it names one. */
export const openPool = async (kubeConfig: KubeConfig, { tls }: Credentials): Promise<Dispatcher> => {
  const cluster = kubeConfig.getCurrentCluster();
  const wanted = kubeConfig.createDispatcherOptions(cluster, tls);
  if (wanted.type === "socks") return openSocksPool(kubeConfig, cluster?.server ?? "");
  if (wanted.type === "none") return new Agent(poolOptions);
  const connect = connecting(wanted.connect);
  if (wanted.type === "agent") return new Agent({ ...poolOptions, connect });
  return new ProxyAgent({ ...poolOptions, connect, uri: wanted.uri, requestTls: connecting(wanted.requestTls) });
};
