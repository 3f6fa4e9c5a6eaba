import type { Database, Stores } from "./ports.ts";

/** Rows in one transaction: a moment's work, so that nothing waits behind it, and no backlog outlasts a statement's time. */
const BATCH = 500;

/** Removes, each time in a transaction of its own, about so many rows until there are none. How many were removed. */
export const removeInBatches = async (
  database: Database,
  removeSome: (stores: Stores, limit: number) => Promise<number>,
): Promise<number> => {
  let removed = 0;
  for (;;) {
    const batch = await database.transaction((stores) => removeSome(stores, BATCH));
    removed += batch;
    if (batch === 0) return removed;
  }
};
