import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createClient } from "@itsy/client";

import { type Served, serveInChild } from "./child.ts";

export interface Installation extends Served {
  readonly adminToken: string;
  readonly verifierToken: string;
}

/** The service as it is run, on an SQLite file of its own. */
export const serveInstallation = async (): Promise<Installation> => {
  const directory = mkdtempSync(join(tmpdir(), "itsy-keys-bench-"));
  const env = { DATABASE_URL: `sqlite:${join(directory, "keys.db")}` };
  const file = join(directory, "kit.json");
  const bootstrap = fileURLToPath(new URL("../src/bootstrap.ts", import.meta.url));
  const args = ["--conditions=@itsy/source", bootstrap, "--file", file, "--workspace", "bench"];
  execFileSync(process.execPath, args, { env: { ...process.env, ...env } });
  const { tokens } = JSON.parse(readFileSync(file, "utf8")) as { tokens: Record<"admin" | "verifier", string> };
  const served = await serveInChild("../src/main.ts", { ...env, LOG_LEVEL: "warn" });
  return {
    url: served.url,
    adminToken: tokens.admin,
    verifierToken: tokens.verifier,
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
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
