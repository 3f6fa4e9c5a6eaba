import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createClient, type ItsyClient } from "@itsy/client";
import { createDatabaseOn } from "@itsy/testbed";
import { inject } from "vitest";

import { type Cluster, startCluster } from "../../src/cluster.ts";
import { type Service, startService } from "../../src/service.ts";

export type DatabaseKind = "sqlite" | "mysql" | "mariadb";

/** A service on a database of its own and an API server, without a reconciler. */
export interface World extends AsyncDisposable {
  readonly service: Service;
  readonly cluster: Cluster;
  /** As an admin of the workspace. */
  readonly admin: ItsyClient;
  readonly databaseUrl: string;
  readonly dataDir: string;
}

const databaseUrlOf = async (kind: DatabaseKind, dataDir: string, owned: AsyncDisposableStack): Promise<string> => {
  if (kind === "sqlite") return `sqlite:${join(dataDir, "itsy.db")}`;
  const server = inject("servers")[kind];
  if (!server?.available) throw new Error(`${kind} is not available: ${server?.reason}`);
  return owned.use(await createDatabaseOn(server.url)).url;
};

export const isAvailable = (kind: DatabaseKind): boolean =>
  kind === "sqlite" || inject("servers")[kind]?.available === true;

export const startWorld = async (kind: DatabaseKind = "sqlite"): Promise<World> => {
  await using starting = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "itsy-stack-"));
  starting.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl = await databaseUrlOf(kind, dataDir, starting);
  const service = starting.use(await startService({ dataDir, databaseUrl, env: { LOG_LEVEL: "debug" } }));
  const cluster = starting.use(await startCluster({ controllerManager: true }));
  const admin = createClient({ url: service.url, token: service.tokens.admin });
  const owned = starting.move();
  return { service, cluster, admin, databaseUrl, dataDir, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};

/** A name that no other test has. */
export const aName = (prefix: string): string => `${prefix}-${randomBytes(4).toString("hex")}`;
