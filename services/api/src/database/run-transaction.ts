import type { EntityManager, QueryRunner } from "typeorm";

import type { Dialect } from "./dialect.ts";
import { translated } from "./driver-fault.ts";

/**
 * Runs `work` between BEGIN and COMMIT on one connection. TypeORM's own bookkeeping of transactions is left aside: on
 * SQLite it cannot take the write lock first, and it miscounts after a rollback that failed.
 */
export const runTransaction = async <Result>(
  dialect: Dialect,
  runner: QueryRunner,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> => {
  await translated(dialect, () => runner.query(dialect.begin));
  try {
    const result = await work(runner.manager);
    await translated(dialect, () => runner.query("COMMIT"));
    return result;
  } catch (error) {
    // The connection may be gone, or the database may have rolled back by itself: the first error is the one to tell.
    await runner.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
};
