import { setTimeout as delay } from "node:timers/promises";

import type { Database, Stores, VerificationLookup } from "@itsy/core";
import { MigrationExecutor } from "typeorm";

import { DatabaseError } from "./database-error.ts";
import type { DatabaseSettings } from "./database-url.ts";
import type { Dialect } from "./dialect.ts";
import type { DatabaseLogger, Engine } from "./engine.ts";
import { openServer } from "./mysql/engine.ts";
import { type ServerLimits, serverLimits } from "./mysql/limits.ts";
import { type RetryOptions, withRetries } from "./retry.ts";
import { readSession, transactionSession } from "./session.ts";
import { openSqlite } from "./sqlite/engine.ts";
import { createStores } from "./stores/stores.ts";
import { createTransactionScope, type TransactionScope } from "./transaction-scope.ts";

export interface OpenDatabaseOptions extends Partial<RetryOptions> {
  readonly logger?: DatabaseLogger | undefined;
  /** Of a server; SQLite has none. */
  readonly limits?: Partial<ServerLimits> | undefined;
}

/** The storage layer as the service uses it. Dispose of it last, when nothing is under way any more. */
export interface OpenDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly lookup: VerificationLookup;
  readonly dialect: Dialect["name"];
  /** @throws DatabaseError `UNREACHABLE` within a bound of seconds when no connection can be had. */
  ping(): Promise<void>;
  /** Whether this version of the service knows migrations that the database has not seen. */
  migrationsPending(): Promise<boolean>;
}

type Listener = (keyIds: readonly string[]) => void;

interface DatabaseParts {
  readonly engine: Engine;
  readonly scope: TransactionScope;
  readonly retry: RetryOptions;
  readonly logger: DatabaseLogger | undefined;
}

const createDatabase = ({ engine, scope, retry, logger }: DatabaseParts): Database => {
  const listeners: Listener[] = [];

  // The transaction is committed: a listener that fails must not make it look undone.
  const tell = (keyIds: readonly string[]): void => {
    for (const listener of listeners) {
      try {
        listener(keyIds);
      } catch (error) {
        logger?.warn({ err: error }, "a listener to changed keys failed");
      }
    }
  };

  const attempt = async <Result>(work: (stores: Stores) => Promise<Result>) => {
    const changedKeys = new Set<string>();
    const result = await engine.transact((run) =>
      scope.run(() => work(createStores(transactionSession(run, changedKeys)))),
    );
    return { result, changedKeys };
  };

  return Object.freeze({
    read: createStores(readSession(engine.read)),
    onKeysChanged: (listener: Listener) => void listeners.push(listener),
    transaction: async <Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> => {
      // It would wait for itself on SQLite, and for a lock or a connection of its own on a server.
      if (scope.isInside()) throw new DatabaseError("UNEXPECTED", "a transaction inside a transaction");
      const { result, changedKeys } = await withRetries(retry, () => attempt(work));
      if (changedKeys.size > 0) tell([...changedKeys]);
      return result;
    },
  });
};

/**
 * Opens the database and brings its schema up to date; several replicas may do so at once.
 * @throws DatabaseStartError `DATABASE_IN_USE` (SQLite), `DATABASE_UNUSABLE`, `MIGRATION_LOCKED` (a server)
 * @throws DatabaseError `UNREACHABLE` when there is no server
 */
export const openDatabase = async (
  settings: DatabaseSettings,
  options: OpenDatabaseOptions = {},
): Promise<OpenDatabase> => {
  const { logger, limits, random = Math.random, sleep = (delayMs) => delay(delayMs) } = options;
  const scope = createTransactionScope();
  const engine =
    settings.type === "sqlite"
      ? await openSqlite(settings, scope)
      : await openServer({ settings, limits: { ...serverLimits, ...limits }, logger });
  let closed: Promise<void> | undefined;
  return Object.freeze({
    database: createDatabase({ engine, scope, retry: { random, sleep }, logger }),
    lookup: engine.lookup,
    dialect: engine.dialect.name,
    ping: () => engine.read(async (manager) => void (await manager.query("SELECT 1"))),
    migrationsPending: () =>
      engine.read(async (manager) => {
        const executor = new MigrationExecutor(manager.dataSource, manager.queryRunner);
        return (await executor.getPendingMigrations()).length > 0;
      }),
    [Symbol.asyncDispose]: () => (closed ??= engine.close()),
  });
};
