import type { VerificationLookup } from "@itsy/core";
import type Sqlite from "better-sqlite3";

import { MEMORY_PATH, type SqliteSettings } from "../database-url.ts";
import { dialectOf } from "../dialect.ts";
import { translated, translateStartFault } from "../driver-fault.ts";
import type { Engine, Run } from "../engine.ts";
import { createMutex, type Mutex } from "../mutex.ts";
import { runTransaction, type Wire } from "../run-transaction.ts";
import type { TransactionScope } from "../transaction-scope.ts";
import { type FileLock, lockFile } from "./file-lock.ts";
import { createPlainStatements } from "./plain-statements.ts";
import { createSqliteRateRows } from "./rate-rows.ts";
import { openRateConnection, openSqliteSource, type SqliteSource } from "./sources.ts";
import { createSqliteLookup } from "./verification-lookup.ts";

interface Parts {
  readonly writer: SqliteSource;
  readonly reader: SqliteSource;
  /** Writes the counts of rate limits. */
  readonly rates: Sqlite.Database;
  readonly mutex: Mutex;
  /** Around every read: nothing for a file, the writers' mutex for a database in memory. */
  readonly guarded: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
}

const dialect = dialectOf("sqlite");

// TypeORM gives everybody the one connection of a source, so transactions must take turns on it.
const createEngine = ({ writer, reader, rates, mutex, guarded, close }: Parts): Engine => {
  const lookup = createSqliteLookup(reader.connection);
  const readPlain = createPlainStatements(reader.connection, dialect);
  const send = createPlainStatements(writer.connection, dialect);
  const write: Run = (statements) => translated(dialect, () => statements(writer.source.manager));
  const wire: Wire = {
    run: write,
    send,
    sendAll: async (statements) => {
      for (const statement of statements) await send(statement);
    },
    rollback: () => send({ sql: "ROLLBACK", values: [] }),
  };
  return Object.freeze<Engine>({
    dialect,
    lookup: Object.freeze<VerificationLookup>({
      find: (digests) => guarded(() => translated(dialect, () => lookup.find(digests))),
    }),
    tokens: null,
    rates: createSqliteRateRows({ reader: reader.connection, writer: rates, mutex, guarded, dialect }),
    feed: null,
    read: (statements) => guarded(() => translated(dialect, () => statements(reader.source.manager))),
    select: (statement) => guarded(() => readPlain(statement)),
    inTurn: (use) => mutex.run(() => use((work) => runTransaction(dialect, wire, work))),
    metadataOf: (table) => writer.source.getMetadata(table),
    close,
  });
};

/**
 * A database in memory is one connection: its reads wait for the transaction under way, to see what is committed only.
 * A read from inside the transaction cannot wait for it, and sees what it did so far.
 */
const openMemory = async (scope: TransactionScope): Promise<Engine> => {
  const writer = await openSqliteSource({ path: MEMORY_PATH, readonly: false });
  const mutex = createMutex();
  await writer.source.runMigrations();
  return createEngine({
    writer,
    reader: writer,
    rates: writer.connection,
    mutex,
    guarded: (work) => (scope.isInside() ? work() : mutex.run(work)),
    close: () => mutex.run(() => writer.source.destroy()),
  });
};

const openFile = async (lock: FileLock): Promise<Engine> => {
  const writer = await openSqliteSource({ path: lock.path, readonly: false });
  await writer.source.runMigrations();
  const reader = await openSqliteSource({ path: lock.path, readonly: true });
  const rates = openRateConnection(lock.path);
  const mutex = createMutex();
  const close = () =>
    mutex.run(async () => {
      rates.close();
      // The writer last: the last connection that closes folds the write-ahead log into the file.
      await reader.source.destroy();
      await writer.source.destroy();
      lock.release();
    });
  return createEngine({ writer, reader, rates, mutex, guarded: (work) => work(), close });
};

const openLocked = async (path: string): Promise<Engine> => {
  const lock = lockFile(path);
  try {
    return await openFile(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
};

/**
 * Opens and migrates an SQLite database.
 * @throws DatabaseStartError `DATABASE_IN_USE` when another process has the file, `DATABASE_UNUSABLE` when it cannot be
 * opened
 */
export const openSqlite = async ({ path }: SqliteSettings, scope: TransactionScope): Promise<Engine> => {
  try {
    return path === MEMORY_PATH ? await openMemory(scope) : await openLocked(path);
  } catch (error) {
    throw translateStartFault(dialect, `the database file ${path}`, error);
  }
};
