import type { RateLimitStore, StoredRateRow } from "../../src/index.ts";

/** A store that answers at once, by a clock that is given. */
export const createMemoryRateStore = (databaseNowMs: () => number): RateLimitStore => {
  const rows = new Map<string, StoredRateRow>();
  return {
    read: async (keyId) => ({ row: rows.get(keyId) ?? null, databaseNowMs: databaseNowMs(), limit: null }),
    write: async ({ keyId, expectedVersion, row }) => {
      const applied = (rows.get(keyId)?.version ?? null) === expectedVersion;
      if (applied) rows.set(keyId, row);
      return applied;
    },
  };
};
