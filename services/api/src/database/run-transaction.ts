import type { Dialect } from "./dialect.ts";
import type { Run } from "./engine.ts";

/**
 * Runs `work` between BEGIN and COMMIT on the one connection of `run`. TypeORM's own bookkeeping of transactions is left
 * aside: on SQLite it cannot take the write lock first, and it miscounts after a rollback that failed.
 */
export const runTransaction = async <Result>(
  dialect: Dialect,
  run: Run,
  work: (run: Run) => Promise<Result>,
): Promise<Result> => {
  await run((manager) => manager.query(dialect.begin));
  try {
    const result = await work(run);
    await run((manager) => manager.query("COMMIT"));
    return result;
  } catch (error) {
    // The connection may be gone, or the database may have rolled back by itself: the first error is the one to tell.
    await run((manager) => manager.query("ROLLBACK")).catch(() => undefined);
    throw error;
  }
};
