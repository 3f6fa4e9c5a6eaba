import { hash } from "node:crypto";

import { MigrationExecutor, type QueryRunner } from "typeorm";

import { DatabaseStartError } from "../database-error.ts";
import type { PoolInput } from "./pool.ts";
import { openServerSource } from "./source.ts";

/** Names of locks are server-wide and at most 64 characters: the database is in it by its hash. */
const lockName = (database: string): string => `itsy_keys_migration_${hash("sha256", database).slice(0, 32)}`;

interface LockOptions {
  readonly name: string;
  readonly waitMs: number;
}

const withLock = async (runner: QueryRunner, lock: LockOptions, work: () => Promise<void>): Promise<void> => {
  const { name, waitMs } = lock;
  const rows = await runner.query("SELECT GET_LOCK(?, ?) AS held", [name, Math.ceil(waitMs / 1000)]);
  const [row] = rows as readonly { readonly held: unknown }[];
  if (Number(row?.held) !== 1) {
    throw new DatabaseStartError("MIGRATION_LOCKED", "another process has been migrating the database for too long");
  }
  try {
    await work();
  } finally {
    // Where the connection is gone, so is the lock.
    await runner.query("SELECT RELEASE_LOCK(?)", [name]).catch(() => undefined);
  }
};

/**
 * Brings the schema up to date, one process at a time. The lock belongs to the very connection that migrates: when it
 * breaks, both end together. A migration may take as long as it needs.
 * @throws DatabaseStartError `MIGRATION_LOCKED`
 */
export const migrateServer = async (input: PoolInput): Promise<void> => {
  const { settings, limits, logger } = input;
  const lock = { name: lockName(settings.database), waitMs: limits.migrationWaitMs };
  const source = await openServerSource(input, { connectionsMax: 2, queryTimeoutMs: 0 });
  try {
    const runner = source.createQueryRunner();
    try {
      await withLock(runner, lock, async () => {
        const executor = new MigrationExecutor(source, runner);
        executor.transaction = "none";
        const done = await executor.executePendingMigrations();
        if (done.length > 0) logger?.info({ migrations: done.map(({ name }) => name) }, "database migrated");
      });
    } finally {
      await runner.release();
    }
  } finally {
    await source.destroy();
  }
};
