import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { type Program, type ProgramOptions, startProgram } from "./program.ts";

/** What `bootstrap --file` writes: a token for each part that takes part in a start. */
const StarterKit = z.object({
  tokens: z.object({ operator: z.string(), admin: z.string(), verifier: z.string(), reconciler: z.string() }),
});

export interface ServiceOptions extends Pick<ProgramOptions, "onLine"> {
  /** Holds the starter kit, and the peppers of a MySQL or MariaDB database. Kept between starts. */
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** Default: a free one. */
  readonly port?: number;
  /** More settings of the service. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The service as a process, with a workspace and a cluster that may act for it. */
export interface Service extends AsyncDisposable {
  readonly program: Program;
  readonly url: string;
  readonly tokens: z.infer<typeof StarterKit>["tokens"];
}

export const WORKSPACE = "acme";
const CLUSTER = "local";

/** Replicas on a database server share their peppers, so these come from a setting; SQLite makes a file of its own. */
const pepperEnv = async ({ databaseUrl, dataDir }: ServiceOptions): Promise<Record<string, string>> => {
  if (databaseUrl.startsWith("sqlite:")) return {};
  const path = join(dataDir, "peppers");
  const create = () => writeFile(path, `1:${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  await create().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  return { PEPPER_FILE: path };
};

const bootstrap = async (env: Readonly<Record<string, string>>, file: string): Promise<Service["tokens"]> => {
  const args = ["--file", file, "--workspace", WORKSPACE, "--cluster", CLUSTER];
  await using program = await startProgram({ name: "bootstrap", entry: "services/api/src/bootstrap.ts", args, env });
  const { code } = await program.exited;
  if (code !== 0) throw new Error(`the service could not be prepared:\n${program.lines.join("\n")}`);
  return StarterKit.parse(JSON.parse(await readFile(file, "utf8"))).tokens;
};

/** Prepares the database where that is not done yet, starts the service, and waits until it listens. */
export const startService = async (options: ServiceOptions): Promise<Service> => {
  const { dataDir, databaseUrl, port = 0, onLine } = options;
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, 0o700);
  const env = { DATABASE_URL: databaseUrl, PORT: String(port), ...(await pepperEnv(options)), ...options.env };
  const tokens = await bootstrap(env, join(dataDir, "starter-kit.json"));
  await using starting = new AsyncDisposableStack();
  const program = starting.use(
    await startProgram({ name: "service", entry: "services/api/src/main.ts", env, ...(onLine && { onLine }) }),
  );
  const { url } = await program.logged("listening");
  starting.move();
  return { program, url: String(url), tokens, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
};
