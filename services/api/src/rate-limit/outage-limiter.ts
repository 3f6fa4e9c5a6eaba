import {
  type MonotonicMs,
  type RateDecision,
  type RateLimiter,
  type RateLimitStore,
  RateLimitUnavailable,
} from "@itsy/core";

import { createReplicaLimiter, type ReplicaLimiter } from "./replica-limiter.ts";

/** Counts in this process, for keys that were asked for lately. */
const createOwnCounts = (entriesMax: number, monotonicMs: MonotonicMs): RateLimitStore => {
  const rows = new Map<string, { readonly version: number; readonly counts: string }>();
  return {
    read: (keyId) => Promise.resolve({ row: rows.get(keyId) ?? null, databaseNowMs: monotonicMs(), limit: null }),
    write: ({ keyId, expectedVersion, row }) => {
      if ((rows.get(keyId)?.version ?? null) !== expectedVersion) return Promise.resolve(false);
      // Last in the order of insertion, so that the first one is the one that rested longest.
      rows.delete(keyId);
      rows.set(keyId, row);
      for (const oldest of rows.keys()) if (rows.size > entriesMax) rows.delete(oldest);
      return Promise.resolve(true);
    },
  };
};

export interface OutageLimiterDeps {
  readonly limiter: Pick<ReplicaLimiter, "take">;
  /** Whether the database is known not to answer. */
  readonly isCutOff: () => boolean;
  readonly monotonicMs: MonotonicMs;
  readonly entriesMax: number;
}

/**
 * Where known keys are served through an outage, nobody could say whether a limit allows a request: then this process
 * counts for itself. So a key gets its limit from each replica, and once more when the outage begins and ends.
 */
export const createOutageLimiter = (deps: OutageLimiterDeps): RateLimiter => {
  const { limiter, isCutOff, monotonicMs, entriesMax } = deps;
  const store = createOwnCounts(entriesMax, monotonicMs);
  const alone = createReplicaLimiter({ store, monotonicMs, replicaLeaseMs: null });
  return Object.freeze({
    take: (keyId: string, limit: number, cost?: number): RateDecision | Promise<RateDecision> => {
      if (isCutOff()) return alone.take(keyId, limit, cost);
      const decision = limiter.take(keyId, limit, cost);
      if (!(decision instanceof Promise)) return decision;
      return decision.catch((error: unknown) => {
        if (error instanceof RateLimitUnavailable) return alone.take(keyId, limit, cost);
        throw error;
      });
    },
  });
};
