import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createClient } from "@itsy/client";
import { startMysql } from "@itsy/testbed";

import { type Served, serveInChild } from "./child.ts";

export interface Installation extends Served {
  readonly adminToken: string;
  readonly verifierToken: string;
}

/** `DATABASE=mysql` measures the service on a MySQL server, as one of several replicas would run; else on SQLite. */
export const databaseName = process.env["DATABASE"] === "mysql" ? "mysql" : "sqlite";

const onServer = (url: string) => ({
  DATABASE_URL: url,
  PEPPERS: `1:${randomBytes(32).toString("base64")}`,
});

const databaseEnv = async (directory: string, stack: AsyncDisposableStack): Promise<Record<string, string>> => {
  if (databaseName === "sqlite") return { DATABASE_URL: `sqlite:${join(directory, "keys.db")}` };
  const server = stack.use(await startMysql());
  const { url } = stack.use(await server.createDatabase());
  return onServer(url);
};

/** The service as it is run, on a database of its own unless it is given the address of an empty one on a server. */
export const serveInstallation = async (databaseUrl?: string): Promise<Installation> => {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "itsy-keys-bench-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  const env = databaseUrl === undefined ? await databaseEnv(directory, stack) : onServer(databaseUrl);
  const file = join(directory, "kit.json");
  const bootstrap = fileURLToPath(new URL("../src/bootstrap.ts", import.meta.url));
  const args = ["--conditions=@itsy/source", bootstrap, "--file", file, "--workspace", "bench"];
  execFileSync(process.execPath, args, { env: { ...process.env, ...env } });
  const { tokens } = JSON.parse(readFileSync(file, "utf8")) as { tokens: Record<"admin" | "verifier", string> };
  const served = stack.use(await serveInChild("../src/main.ts", { ...env, LOG_LEVEL: "warn" }));
  const owned = stack.move();
  return {
    url: served.url,
    adminToken: tokens.admin,
    verifierToken: tokens.verifier,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

/** As many keys as asked, without a limit that a bench could reach. */
export const issueKeys = async ({ url, adminToken }: Installation, count: number): Promise<readonly string[]> => {
  const { keys } = createClient({ url, token: adminToken });
  const issued = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      keys.create({ name: `bench ${index}`, environment: "production", requestsPerMinute: 1_000_000 }),
    ),
  );
  return issued.map(({ secret }) => secret);
};
