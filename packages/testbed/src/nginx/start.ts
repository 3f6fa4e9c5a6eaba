import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnv } from "../env.ts";
import { type Log, silent } from "../log.ts";
import { withFreePort } from "../process/free-port.ts";
import { createScratch } from "../process/scratch.ts";
import { startServerProcess } from "../process/server-process.ts";
import { firstOf } from "../sources/source.ts";
import { nginxCommand, nginxVersion } from "./installation.ts";
import { nginxSources } from "./sources.ts";

/** A running nginx. Disposing it ends it and removes its files. */
export type Nginx = AsyncDisposable & {
  /** Where it came from. */
  readonly source: string;
  /** As `nginx -v` tells it. */
  readonly version: string;
  /** Where it listens. */
  readonly url: string;
  /** The newest 64 K characters of its error log. */
  readonly output: () => string;
};

export type NginxOptions = {
  /** What stands in its `http` block; it has to listen on the port that it is given. */
  readonly config: (port: number) => string;
  /** Files beside the configuration, by name, for `include`; readable by nginx only. */
  readonly files?: Readonly<Record<string, string>>;
  /** Gets progress lines while something is downloaded. */
  readonly log?: Log;
};

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] as const;

/**
 * One process, so that nothing is left when it is killed. The paths are all its own: neither the machine's
 * configuration nor its logs are touched.
 */
const wrap = (http: string, dir: string): string => `
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
master_process off;
pid ${dir}/pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  ${TEMPORARY.map((what) => `${what}_temp_path ${dir}/temporary/${what};`).join("\n  ")}
${http}
}
`;

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });

/**
 * Starts nginx, at once when its program is there.
 * @throws TestbedUnavailableError when there is no source of one; Error with its output for a wrong configuration.
 */
export const startNginx = async ({ config, files = {}, log = silent }: NginxOptions): Promise<Nginx> => {
  const { source, value: installation } = await firstOf("nginx", nginxSources(readEnv()), log);
  const { root, path } = installation;
  await using starting = new AsyncDisposableStack();
  const parent = root === null ? join(tmpdir(), "itsy-testbed") : join(root, "tmp", "itsy-testbed");
  const { dir } = starting.use(await createScratch(parent));
  const inside = root === null ? dir : dir.slice(root.length);
  await mkdir(join(dir, "temporary"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
  let url = "";
  const server = starting.use(
    await withFreePort(async (port) => {
      url = `http://127.0.0.1:${port}`;
      await writeFile(join(dir, "nginx.conf"), wrap(config(port), inside), { mode: 0o600 });
      const command = nginxCommand(installation, ["-p", inside, "-c", `${inside}/nginx.conf`]);
      return startServerProcess({ name: "nginx", command, isReady: () => isListening(port), path });
    }),
  );
  const version = await nginxVersion(installation);
  const held = starting.move();
  return Object.freeze({
    source,
    version,
    url,
    output: server.output,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
};
