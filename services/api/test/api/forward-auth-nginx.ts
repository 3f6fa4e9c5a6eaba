import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { availability, type Nginx, startNginx } from "@itsy/testbed";

const SAMPLE = new URL("../../../../deploy/samples/nginx-forward-auth.conf", import.meta.url);

const isMissing = (await availability()).find(({ id }) => id === "nginx")?.state === "missing";
const ci = /^(1|true|yes)$/i.test(process.env["CI"] ?? "");

/** By hand, an nginx that this machine cannot have is shown as skipped; with CI=true the tests run and fail. */
export const runsNginx = ci || !isMissing;

/** What the application behind nginx saw of a request. */
export interface Arrival {
  readonly method: string;
  readonly url: string;
  /** As they came, name and value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Application extends AsyncDisposable {
  readonly address: string;
  readonly arrivals: readonly Arrival[];
}

/** Everything that an application could take for a word of Itsy Keys, or for the key. */
export const saidTo = ({ headers }: Arrival) =>
  headers
    .map(([name, value]) => [name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-"), value] as const)
    .filter(([name]) => /itsy|authorization|api-key/.test(name));

/** What is said to it of a good key of the workspace acme. */
export const identityOf = (keyId: string, name = "Website") => [
  ["x-itsy-key-id", keyId],
  ["x-itsy-workspace", "acme"],
  ["x-itsy-project", "default"],
  ["x-itsy-environment", "production"],
  ["x-itsy-key-name", encodeURIComponent(name)],
];

const pairs = (raw: readonly string[]) =>
  Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""] as const);

/** An application that trusts the headers it gets, and says `served`. */
export const startApplication = async (): Promise<Application> => {
  const arrivals: Arrival[] = [];
  const server = createServer((req, res) => {
    const { method = "", url = "", rawHeaders } = req;
    let body = "";
    req.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    req.once("end", () => {
      arrivals.push({ method, url, headers: pairs(rawHeaders), body });
      res.end("served");
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
};

/** As nginx names an upstream. */
export const hostOf = (url: string) => new URL(url).host;

const replaced = (text: string, changes: Readonly<Record<string, string>>) => {
  let result = text;
  for (const [from, to] of Object.entries(changes)) {
    if (result.split(from).length !== 2) throw new Error(`the sample does not say ${from} once`);
    result = result.replace(from, to);
  }
  return result;
};

export interface SampleSettings {
  /** Host and port of the key service. */
  readonly service: string;
  readonly application: string;
  readonly token: string;
  /** What the sample leaves empty: requirements beside those that it always makes. */
  readonly require?: string;
}

/** An nginx with the documented sample, in which only addresses differ. */
export const startSampleNginx = ({ service, application, token, require = "" }: SampleSettings): Promise<Nginx> =>
  startNginx({
    config: (port) =>
      replaced(readFileSync(SAMPLE, "utf8"), {
        "server 127.0.0.1:4700;": `server ${service};`,
        "server 127.0.0.1:8080;": `server ${application};`,
        'set $itsy_require "";': `set $itsy_require "${require}";`,
        "listen 8000;": `listen 127.0.0.1:${port};`,
        "include /etc/nginx/itsy-keys-token.conf;": "include itsy-keys-token.conf;",
      }),
    files: { "itsy-keys-token.conf": `proxy_set_header X-Itsy-Token "${token}";\n` },
  });
