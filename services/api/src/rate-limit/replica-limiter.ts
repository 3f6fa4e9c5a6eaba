import { setTimeout as delay } from "node:timers/promises";

import {
  createLeasedRateLimiter,
  type LeasedRateLimiter,
  type MonotonicMs,
  type RateLimitStore,
  sharedDrawPolicy,
  soleDrawPolicy,
} from "@itsy/core";

import { countedStore, type RateCalls } from "./counted-store.ts";

/** What the limiter does, for metrics. */
export interface RateFigures {
  readonly calls: Readonly<RateCalls>;
  /** Requests that nobody could judge, since the database could not be asked. */
  readonly unavailable: () => number;
}

/** The limiter of this process. Dispose of it when no request is under way, before the database: permits go back. */
export interface ReplicaLimiter extends Omit<LeasedRateLimiter, "drain">, AsyncDisposable {
  readonly figures: RateFigures;
}

export interface ReplicaLimiterDeps {
  readonly store: RateLimitStore;
  readonly monotonicMs: MonotonicMs;
  /** How long a change of a limit waits for this replica; `null` where one process owns the database. */
  readonly replicaLeaseMs: number | null;
}

/** What was not given back by then counts as spent. */
const GIVE_BACK_MAX_MS = 5000;

/** The same store by another clock. */
export const withClock = (store: RateLimitStore, nowMs: () => number): RateLimitStore => ({
  read: async (keyId) => ({ ...(await store.read(keyId)), databaseNowMs: nowMs() }),
  write: (change) => store.write(change),
});

const schedule = (delayMs: number, run: () => void) => {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
};

export const createReplicaLimiter = ({ store, monotonicMs, replicaLeaseMs }: ReplicaLimiterDeps): ReplicaLimiter => {
  const counted = countedStore(store);
  const limiter = createLeasedRateLimiter({
    store: counted,
    monotonicMs,
    random: Math.random,
    schedule,
    ...(replicaLeaseMs === null ? { policy: soleDrawPolicy } : { policy: sharedDrawPolicy, lifeMaxMs: replicaLeaseMs }),
  });
  let unavailable = 0;
  const noteUnavailable = (error: unknown): never => {
    unavailable += 1;
    throw error;
  };

  return Object.freeze({
    take: (keyId: string, limit: number, cost?: number) => {
      const decision = limiter.take(keyId, limit, cost);
      return decision instanceof Promise ? decision.catch(noteUnavailable) : decision;
    },
    dropLeases: (keyId: string) => limiter.dropLeases(keyId),
    figures: Object.freeze({ calls: counted.calls, unavailable: () => unavailable }),
    [Symbol.asyncDispose]: () => Promise.race([limiter.drain(), delay(GIVE_BACK_MAX_MS, undefined, { ref: false })]),
  });
};
