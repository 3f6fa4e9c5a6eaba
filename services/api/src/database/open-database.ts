import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

import type {
  BarrierResult,
  Committed,
  Database,
  FeedStore,
  KeyChange,
  KeysChangedListener,
  RetryBound,
  Stores,
  TokenLookup,
  VerificationLookup,
} from "@itsy/core";
import { MigrationExecutor } from "typeorm";

import { insertChanges } from "./change-rows.ts";
import { DatabaseError, troubleOf } from "./database-error.ts";
import type { DatabaseSettings } from "./database-url.ts";
import type { Dialect } from "./dialect.ts";
import type { DatabaseLogger, Engine, RateRows, Transact } from "./engine.ts";
import { writeCounts } from "./key-index/counts.ts";
import { markExpired } from "./key-index/mark-expired.ts";
import { openServer } from "./mysql/engine.ts";
import { type ServerLimits, serverLimits } from "./mysql/limits.ts";
import { type RetryOptions, withRetries } from "./retry.ts";
import { readSession, transactionSession } from "./session.ts";
import { createSharedCommits } from "./shared-commits.ts";
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
  readonly tokens: TokenLookup;
  readonly rates: RateRows;
  /** See `Engine.feed`. */
  readonly feed: FeedStore | null;
  readonly dialect: Dialect["name"];
  /** @throws DatabaseError `UNREACHABLE` within a bound of seconds when no connection can be had. */
  ping(): Promise<void>;
  /** Whether this version of the service knows migrations that the database has not seen. */
  migrationsPending(): Promise<boolean>;
  /**
   * Keeps lists and counts of expired keys fast; they are right without it. To be run about once a minute, by any replica,
   * for what expired longer ago than clocks differ. How many keys it was about.
   */
  markExpired(before: Date): Promise<number>;
}

interface DatabaseParts {
  readonly engine: Engine;
  readonly scope: TransactionScope;
  readonly retry: RetryOptions;
  readonly logger: DatabaseLogger | undefined;
  /** How long a caller waits for others before its transaction begins. */
  readonly waitMaxMs: number;
}

/** What is over at once: nobody else has to follow. */
const nothingToFollow: BarrierResult = Object.freeze({ effectiveEverywhere: true, waitedMs: 0 });
/** What nobody here sees through: the replicas that there are will. */
const left: BarrierResult = Object.freeze({ effectiveEverywhere: false, waitedMs: 0, reason: "STOPPED" });

interface Told {
  readonly ids: readonly string[];
  readonly changes: readonly KeyChange[];
}

/** What a transaction has committed. */
interface Done<Result> extends Told {
  readonly result: Result;
}

type Work<Result> = (stores: Stores) => Promise<Result>;

const createTeller = (logger: DatabaseLogger | undefined) => {
  const listeners: KeysChangedListener[] = [];
  // The transaction is committed: a listener that fails must not make it look undone.
  const tellOne = (listener: KeysChangedListener, { ids, changes }: Told): void | Promise<BarrierResult> => {
    try {
      return listener(ids, changes);
    } catch (error) {
      logger?.warn({ err: error }, "a listener to changed keys failed");
    }
  };
  return {
    listen: (listener: KeysChangedListener) => void listeners.push(listener),
    /** Tells everybody in the turn of the commit, and answers with what the one that knows says. */
    tell: (told: Told): Promise<BarrierResult> => {
      const answers = listeners.map((listener) => tellOne(listener, told));
      return (
        answers.find((answer) => answer instanceof Promise) ??
        Promise.resolve(told.changes.length > 0 ? left : nothingToFollow)
      );
    },
  };
};

const createDatabase = ({ engine, scope, retry, logger, waitMaxMs }: DatabaseParts): Database => {
  const { listen, tell } = createTeller(logger);

  const attempt = <Result>(transact: Transact, work: Work<Result>): Promise<Done<Result>> =>
    transact((transaction) =>
      scope.run(async () => {
        const session = transactionSession(transaction, engine);
        const result = await work(createStores(session));
        const changes = engine.feed === null ? [] : await insertChanges(transaction.run, session, randomUUID);
        writeCounts(transaction, session.counts, { dialect: engine.dialect, random: retry.random });
        return { result, ids: [...session.changed], changes };
      }),
    );

  const committed = <Result>({ result, ids, changes }: Done<Result>): Committed<Result> => ({
    result,
    everywhere: ids.length > 0 ? tell({ ids, changes }) : Promise.resolve(nothingToFollow),
  });

  const commitOnce = async <Result>(work: Work<Result>): Promise<Committed<Result>> =>
    committed(await engine.inTurn((transact) => attempt(transact, work)));

  const assertOutside = () => {
    // It would wait for itself on SQLite, and for a lock or a connection of its own on a server.
    if (scope.isInside()) throw new DatabaseError("UNEXPECTED", "a transaction inside a transaction");
  };

  const commit = async <Result>(work: Work<Result>, bound?: RetryBound): Promise<Committed<Result>> => {
    assertOutside();
    return committed(await engine.inTurn((transact) => withRetries(retry, () => attempt(transact, work), bound)));
  };

  const commitShared = createSharedCommits({ commit, commitOnce, waitMaxMs });

  return Object.freeze({
    read: createStores(readSession(engine)),
    onKeysChanged: listen,
    transaction: async <Result>(work: Work<Result>): Promise<Result> => (await commit(work)).result,
    commit,
    commitShared: async <Result>(work: Work<Result>): Promise<Committed<Result>> => {
      assertOutside();
      return commitShared(work);
    },
    troubleOf,
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
  const { logger, random = Math.random, sleep = (delayMs) => delay(delayMs) } = options;
  const { nowMs = () => performance.now() } = options;
  const limits = { ...serverLimits, ...options.limits };
  const scope = createTransactionScope();
  const engine =
    settings.type === "sqlite" ? await openSqlite(settings, scope) : await openServer({ settings, limits, logger });
  let closed: Promise<void> | undefined;
  const database = createDatabase({
    engine,
    scope,
    retry: { random, sleep, nowMs },
    logger,
    waitMaxMs: limits.acquireTimeoutMs,
  });
  return Object.freeze({
    database,
    lookup: engine.lookup,
    tokens:
      engine.tokens ?? Object.freeze<TokenLookup>({ find: (digests) => database.read.tokens.findByDigest(digests) }),
    rates: engine.rates,
    feed: engine.feed,
    dialect: engine.dialect.name,
    ping: () => engine.read(async (manager) => void (await manager.query("SELECT 1"))),
    migrationsPending: () =>
      engine.read(async (manager) => {
        const executor = new MigrationExecutor(manager.dataSource, manager.queryRunner);
        return (await executor.getPendingMigrations()).length > 0;
      }),
    markExpired: (before: Date) => markExpired(engine, { before, random }),
    [Symbol.asyncDispose]: () => (closed ??= engine.close()),
  });
};
