import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createDatabaseOn, type ProvidedServers } from "@itsy/testbed";
import { inject } from "vitest";

import { type DatabaseSettings, parseDatabaseUrl } from "../../src/database/database-url.ts";
import { type OpenDatabase, type OpenDatabaseOptions, openDatabase } from "../../src/database/open-database.ts";
import { fillFromTemplate } from "./migrated-template.ts";

export type DatabaseKind = "sqlite" | "mysql" | "mariadb";
export type ServerKind = Exclude<DatabaseKind, "sqlite">;

const servers: ProvidedServers = inject("servers");

const urlOf = (kind: ServerKind): string | null => {
  const server = servers[kind];
  return server?.available === true ? server.url : null;
};

/** The servers that this run has. One that is missing fails the run in CI, and is named at its end elsewhere. */
export const serverKinds: readonly ServerKind[] = (["mysql", "mariadb"] as const).filter(
  (kind) => urlOf(kind) !== null,
);
export const databaseKinds: readonly DatabaseKind[] = ["sqlite", ...serverKinds];

/** A database of its own. */
export interface FreshDatabase extends AsyncDisposable {
  /** Fits `DATABASE_URL`. */
  readonly url: string;
  readonly settings: DatabaseSettings;
}

const freshFile = async (): Promise<FreshDatabase> => {
  const directory = await mkdtemp(join(tmpdir(), "itsy-keys-test-"));
  const url = `sqlite:${join(directory, "keys.db")}`;
  return {
    url,
    settings: parseDatabaseUrl(url),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};

const freshOnServer = async (kind: ServerKind): Promise<FreshDatabase> => {
  const database = await createDatabaseOn(urlOf(kind) ?? "");
  // The tests run on what each scheme sets up, whatever the scheme by which the server was given.
  const url = database.url.replace(/^\w+:/, `${kind}:`);
  return {
    url,
    settings: parseDatabaseUrl(url),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};

/** Without a table. */
export const emptyDatabase = (kind: DatabaseKind): Promise<FreshDatabase> =>
  kind === "sqlite" ? freshFile() : freshOnServer(kind);

/** Without a row; whoever opens it finds it migrated, or (SQLite) migrates it in no time. */
export const freshDatabase = async (kind: DatabaseKind): Promise<FreshDatabase> => {
  const fresh = await emptyDatabase(kind);
  if (kind !== "sqlite") await fillFromTemplate(fresh.url);
  return fresh;
};

/** An open database that is empty but for its schema, and gone afterwards. */
export const openFreshDatabase = async (kind: DatabaseKind, options?: OpenDatabaseOptions): Promise<OpenDatabase> => {
  const fresh = await freshDatabase(kind);
  const opened = await openDatabase(fresh.settings, options);
  return {
    ...opened,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await fresh[Symbol.asyncDispose]();
    },
  };
};
