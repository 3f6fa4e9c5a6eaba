import type { QueryRunner } from "typeorm";
import { MigrationExecutor } from "typeorm";

import { DatabaseStartError } from "../database-error.ts";
import type { ServerSettings } from "../database-url.ts";
import type { DatabaseLogger } from "../engine.ts";
import { MIGRATION_WAIT_MS } from "./limits.ts";
import { openServerSource } from "./source.ts";

/** Names of locks are server-wide and at most 64 characters: the database is in it by its hash. */
const LOCK_NAME = "CONCAT('itsy_keys_migration_', MD5(DATABASE()))";

const withLock = async (runner: QueryRunner, work: () => Promise<void>): Promise<void> => {
  const [row] = (await runner.query(`SELECT GET_LOCK(${LOCK_NAME}, ?) AS held`, [MIGRATION_WAIT_MS / 1000])) as {
    readonly held: unknown;
  }[];
  if (Number(row?.held) !== 1) {
    throw new DatabaseStartError("MIGRATION_LOCKED", "another process has been migrating the database for too long");
  }
  try {
    await work();
  } finally {
    // Where the connection is gone, so is the lock.
    await runner.query(`SELECT RELEASE_LOCK(${LOCK_NAME})`).catch(() => undefined);
  }
};

/**
 * Brings the schema up to date, one process at a time. The lock belongs to the very connection that migrates: when it
 * breaks, both end together. A migration may take as long as it needs.
 * @throws DatabaseStartError `MIGRATION_LOCKED`
 */
export const migrateServer = async (settings: ServerSettings, logger: DatabaseLogger | undefined): Promise<void> => {
  const source = await openServerSource({ settings, connectionsMax: 2, queryTimeoutMs: 0, logger });
  try {
    const runner = source.createQueryRunner();
    try {
      await withLock(runner, async () => {
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
