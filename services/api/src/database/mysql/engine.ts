import type { PoolConnection } from "mysql2";
import type { DataSource, QueryRunner } from "typeorm";

import { DatabaseError } from "../database-error.ts";
import { type Dialect, dialectOf } from "../dialect.ts";
import { translated, translateFault, translateStartFault } from "../driver-fault.ts";
import type { Engine } from "../engine.ts";
import { runTransaction, type Wire } from "../run-transaction.ts";
import { acquireWithin } from "./acquire.ts";
import { createExecute } from "./execute.ts";
import { createServerFeed } from "./feed-store.ts";
import { mergeInserts } from "./merge-inserts.ts";
import { migrateServer } from "./migrate.ts";
import { createPackets } from "./packets.ts";
import { type BreakableConnection, breakConnection, createPool, type PoolInput } from "./pool.ts";
import { createServerRateRows } from "./rate-rows.ts";
import { openServerSource } from "./source.ts";
import { createServerTokenLookup } from "./token-lookup.ts";
import { createServerLookup } from "./verification-lookup.ts";

interface RunnerOptions {
  readonly source: DataSource;
  readonly dialect: Dialect;
  readonly acquireTimeoutMs: number;
  readonly queryTimeoutMs: number;
}

const acquire = (runner: QueryRunner, { dialect, acquireTimeoutMs }: RunnerOptions): Promise<PoolConnection> =>
  translated(dialect, () =>
    acquireWithin<PoolConnection>({
      timeoutMs: acquireTimeoutMs,
      acquire: () => runner.connect(),
      giveBack: () => runner.release(),
    }),
  );

/**
 * Gives `work` a connection of the pool. A statement on it that has no answer closes it at once: the answer may still
 * come, its transaction must end, and no other statement may wait behind.
 */
const withConnection = async <Result>(
  options: RunnerOptions,
  work: (newWire: () => Wire) => Promise<Result>,
): Promise<Result> => {
  const { source, dialect, queryTimeoutMs: timeoutMs } = options;
  const runner = source.createQueryRunner();
  const connection = await acquire(runner, options);
  const guarded = async <Answer>(statements: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await statements();
    } catch (error) {
      const fault = translateFault(dialect, error);
      if (fault instanceof DatabaseError && fault.code === "UNREACHABLE")
        breakConnection(connection as unknown as BreakableConnection, fault);
      throw fault;
    }
  };
  const newWire = (): Wire => {
    const packets = createPackets({ connection, dialect, timeoutMs });
    const send: Wire["send"] = (statement) => guarded(() => packets.send(statement));
    return {
      send,
      run: (statements) =>
        guarded(async () => {
          await packets.idle();
          return statements(runner.manager);
        }),
      sendAll: (statements) => Promise.all(mergeInserts(statements).map(send)),
      rollback: () => guarded(packets.rollback),
    };
  };
  try {
    return await work(newWire);
  } finally {
    await runner.release();
  }
};

const openFeedPool = ({ limits, ...input }: PoolInput) => {
  const { feedTimeoutMs: timeoutMs, feedConnectionsMax } = limits;
  const bounded = { ...limits, connectTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs, lockWaitS: 1 };
  return createPool({ ...input, limits: bounded }, { connectionsMax: feedConnectionsMax });
};

const openLookupPool = ({ limits, ...input }: PoolInput) => {
  const { lookupQueueMax: queueMax, lookupConnectionsMax: connectionsMax } = limits;
  return createPool({ ...input, limits: { ...limits, queueMax } }, { connectionsMax });
};

/** Of their own: what strangers make this process look up must not hold up the keys that it remembers. */
const openRatePool = ({ limits, ...input }: PoolInput) => {
  const { rateConnectionsMax: connectionsMax } = limits;
  // Shorter than the time for an answer: a row that somebody locked is then known to be why nothing was written.
  return createPool({ ...input, limits: { ...limits, lockWaitS: 1 } }, { connectionsMax, inPackets: true });
};

const createEngine = (input: PoolInput, source: DataSource): Engine => {
  const { settings, limits } = input;
  const dialect = dialectOf(settings.type);
  const { lookupTimeoutMs: timeoutMs } = limits;
  const lookupPool = openLookupPool(input);
  const looking = createExecute({ pool: lookupPool, dialect, timeoutMs });
  const ratePool = openRatePool(input);
  const drawing = createExecute({ pool: ratePool, dialect, timeoutMs });
  const feedPool = openFeedPool(input);
  const { acquireTimeoutMs, queryTimeoutMs } = limits;
  const options = { source, dialect, acquireTimeoutMs, queryTimeoutMs };
  return Object.freeze<Engine>({
    dialect,
    lookup: createServerLookup(looking),
    tokens: createServerTokenLookup(looking),
    rates: createServerRateRows(drawing),
    feed: createServerFeed(createExecute({ pool: feedPool, dialect, timeoutMs: limits.feedTimeoutMs })),
    read: (statements) => withConnection(options, (newWire) => newWire().run(statements)),
    select: (statement) => withConnection(options, (newWire) => newWire().send(statement)),
    inTurn: (use) => withConnection(options, (newWire) => use((work) => runTransaction(dialect, newWire(), work))),
    metadataOf: (table) => source.getMetadata(table),
    // A connection that breaks while it is closed is closed: no reason to fail.
    close: async () => {
      const pools = [lookupPool, ratePool, feedPool].map((pool) => pool.promise().end());
      await Promise.allSettled([...pools, source.destroy()]);
    },
  });
};

/**
 * Opens a pool to a MySQL or MariaDB server and migrates the database.
 * @throws DatabaseError `UNREACHABLE`
 * @throws DatabaseStartError `DATABASE_UNUSABLE` (a refused login, a missing database), `MIGRATION_LOCKED`
 */
export const openServer = async (input: PoolInput): Promise<Engine> => {
  const { type, host, port, database } = input.settings;
  const { connectionsMax, queryTimeoutMs } = input.limits;
  try {
    await migrateServer(input);
    return createEngine(input, await openServerSource(input, { connectionsMax, queryTimeoutMs }));
  } catch (error) {
    throw translateStartFault(dialectOf(type), `the database ${database} on ${host}:${port}`, error);
  }
};
