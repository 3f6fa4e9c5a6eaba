import Sqlite from "better-sqlite3";
import { DataSource } from "typeorm";

import { dialectOf } from "../dialect.ts";
import { MIGRATIONS_TABLE, migrations } from "../migrations/migrations.ts";
import { schemaFor } from "../schema/schema.ts";
import { createTypeormLogger } from "../typeorm-logger.ts";

/** better-sqlite3 waits with the event loop blocked, so only briefly: nothing else writes but an operator's tool. */
const BUSY_TIMEOUT_MS = 500;

export interface SqliteSource {
  readonly source: DataSource;
  /** The connection behind it. */
  readonly connection: Sqlite.Database;
}

export interface SqliteSourceOptions {
  readonly path: string;
  readonly readonly: boolean;
}

/**
 * Opens a connection for the counts of rate limits, which are written while a request waits: its commits are not waited
 * for by the disk (1.5 ms each, with the whole process standing still), but they outlive the process. To be used between
 * the transactions of the writer only: it cannot wait for one without standing in its way.
 */
export const openRateConnection = (path: string): Sqlite.Database => {
  const connection = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
  connection.pragma("synchronous = NORMAL");
  return connection;
};

/** Opens one connection through TypeORM. */
export const openSqliteSource = async (options: SqliteSourceOptions): Promise<SqliteSource> => {
  let connection: Sqlite.Database | undefined;
  const source = new DataSource({
    type: "better-sqlite3",
    driver: Sqlite,
    database: options.path,
    readonly: options.readonly,
    timeout: BUSY_TIMEOUT_MS,
    prepareDatabase: (database: Sqlite.Database) => {
      connection = database;
      if (options.readonly) return;
      database.pragma("journal_mode = WAL");
      // A commit reaches the disk before it is told of: a revoke must not come undone by a power cut.
      database.pragma("synchronous = FULL");
    },
    entities: schemaFor(dialectOf("sqlite").columns),
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: "each",
    logger: createTypeormLogger(),
  });
  await source.initialize();
  if (connection === undefined) throw new Error("TypeORM opened no connection");
  return { source, connection };
};
