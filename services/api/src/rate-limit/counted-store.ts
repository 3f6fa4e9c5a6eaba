import type { RateLimitStore } from "@itsy/core";

/** Calls of the database for rate limits, by how they ended. */
export interface RateCalls {
  reads: number;
  /** Writes that took effect: permits drawn, or given back. */
  writes: number;
  /** Writes before which another replica wrote. */
  conflicts: number;
  failures: number;
}

/** The same store, whose calls are counted in plain numbers. */
export const countedStore = (store: RateLimitStore): RateLimitStore & { readonly calls: Readonly<RateCalls> } => {
  const calls: RateCalls = { reads: 0, writes: 0, conflicts: 0, failures: 0 };
  const watched = async <Answer>(call: Promise<Answer>): Promise<Answer> => {
    try {
      return await call;
    } catch (error) {
      calls.failures += 1;
      throw error;
    }
  };
  return Object.freeze({
    calls,
    read: async (keyId) => {
      const found = await watched(store.read(keyId));
      calls.reads += 1;
      return found;
    },
    write: async (change) => {
      const applied = await watched(store.write(change));
      if (applied) calls.writes += 1;
      else calls.conflicts += 1;
      return applied;
    },
  } satisfies RateLimitStore & { readonly calls: Readonly<RateCalls> });
};
