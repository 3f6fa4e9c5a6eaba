import type { VerificationLookup } from "@itsy/core";
import type { DataSource, EntityManager, QueryRunner } from "typeorm";

import { DatabaseError } from "../database-error.ts";
import type { ServerSettings } from "../database-url.ts";
import { type Dialect, dialectOf } from "../dialect.ts";
import { translated } from "../driver-fault.ts";
import type { DatabaseLogger, Engine } from "../engine.ts";
import { runTransaction } from "../run-transaction.ts";
import { connectionOptions, createPool } from "./connection-options.ts";
import { LOOKUP_CONNECTIONS_MAX, POOL_CONNECTIONS_MAX, QUERY_TIMEOUT_MS } from "./limits.ts";
import { migrateServer } from "./migrate.ts";
import { openServerSource } from "./source.ts";
import { createServerLookup } from "./verification-lookup.ts";

type Work<Result> = (manager: EntityManager) => Promise<Result>;

interface Connection {
  destroy(): void;
}

/**
 * Gives `work` a connection of the pool. One that failed to answer is closed instead of given back: its answer may
 * still come, and its transaction must end.
 */
const withRunner = async <Result>(
  source: DataSource,
  dialect: Dialect,
  work: (runner: QueryRunner) => Promise<Result>,
): Promise<Result> => {
  const runner = source.createQueryRunner();
  const connection = await translated(dialect, async () => (await runner.connect()) as Connection);
  try {
    return await work(runner);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === "UNREACHABLE") connection.destroy();
    throw error;
  } finally {
    await runner.release();
  }
};

/**
 * Opens a pool to a MySQL or MariaDB server and migrates the database.
 * @throws DatabaseError `UNREACHABLE`, `UNEXPECTED` (a refused login)
 * @throws DatabaseStartError `MIGRATION_LOCKED`
 */
export const openServer = async (settings: ServerSettings, logger: DatabaseLogger | undefined): Promise<Engine> => {
  const dialect = dialectOf(settings.type);
  const source = await translated(dialect, async () => {
    await migrateServer(settings, logger);
    return openServerSource({
      settings,
      connectionsMax: POOL_CONNECTIONS_MAX,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
      logger,
    });
  });
  const lookupPool = createPool(connectionOptions(settings, LOOKUP_CONNECTIONS_MAX)).promise();
  const lookup = createServerLookup(lookupPool);
  return Object.freeze({
    dialect,
    reader: source,
    lookup: Object.freeze({
      find: (digests) => translated(dialect, () => lookup.find(digests)),
    } satisfies VerificationLookup),
    read: <Result>(work: Work<Result>) =>
      withRunner(source, dialect, (runner) => translated(dialect, () => work(runner.manager))),
    transact: <Result>(work: Work<Result>) =>
      withRunner(source, dialect, (runner) => runTransaction(dialect, runner, work)),
    close: async () => {
      await lookupPool.end();
      await source.destroy();
    },
  });
};
