import { randomUUID } from "node:crypto";

import {
  type BarrierResult,
  createLeaseTerms,
  type Database,
  type FeedStore,
  type KeyChange,
  type LeasedRateLimiter,
  type MonotonicMs,
  startMembership,
} from "@itsy/core";

import { systemTimers } from "../adapters/timers.ts";
import type { Logger } from "../logger.ts";
import type { Memory } from "./memory.ts";

/** `grace`: the lease is over, and what is remembered is served while the database cannot be asked. */
export type LeaseState = "held" | "grace" | "none";

/** Keeps the memory of a process right. Dispose of it when no request is under way, before the database. */
export interface Following extends AsyncDisposable {
  /** Whether memory may be answered from although the database cannot be asked; `none` for one process alone. */
  readonly leaseState: () => LeaseState;
  /** Whether the database did not answer when it was last asked for changes. */
  readonly isCutOff: () => boolean;
  /** Told of every change that was seen through, and how long it took. */
  readonly onSettled: (listener: (result: BarrierResult) => void) => void;
}

export interface FollowChangesDeps {
  readonly database: Database;
  readonly feed: FeedStore | null;
  readonly memory: Memory;
  readonly limiter: Pick<LeasedRateLimiter, "dropLeases">;
  readonly monotonicMs: MonotonicMs;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly logger: Logger;
}

/** Longer than a lease by default, and so much shorter than the clients wait (10 s) that they hear how it ended. */
const WAIT_MAX_MS = 8_000;
const LOG_FAULTS_EVERY_MS = 10_000;

/** Nothing but what memory was told already: of a process that answers nobody, it is never trusted. */
export const followNothing: Following = Object.freeze({
  leaseState: () => "none" as const,
  isCutOff: () => false,
  onSettled: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

/**
 * What a change ends in this process: what is remembered of the keys, and the permits that were drawn under their
 * limits. Both are over when it returns, so before any replica is told that this one has followed.
 */
const createEvict =
  ({ memory, limiter }: FollowChangesDeps) =>
  (ids: readonly string[]): void => {
    memory.all.evict(ids);
    for (const id of ids) limiter.dropLeases(id);
  };

/** One process owns the database and hears of each change at its commit: memory is always right. */
const followAlone = (deps: FollowChangesDeps): Following => {
  const { database, memory } = deps;
  database.onKeysChanged(createEvict(deps));
  memory.all.trustUntil(Number.POSITIVE_INFINITY);
  return followNothing;
};

const followFeed = (deps: FollowChangesDeps, store: FeedStore): Following => {
  const { database, memory, monotonicMs, leaseMs, graceMs, logger } = deps;
  const listeners: ((result: BarrierResult) => void)[] = [];
  const evict = createEvict(deps);
  let loggedMs = Number.NEGATIVE_INFINITY;
  const membership = startMembership({
    store,
    cache: { ...memory.all, evict },
    monotonicMs,
    timers: systemTimers,
    newId: randomUUID,
    terms: createLeaseTerms({ leaseMs, graceMs, waitMaxMs: WAIT_MAX_MS }),
    onFault: (err) => {
      // In an outage every look fails, twenty times a second.
      if (monotonicMs() - loggedMs < LOG_FAULTS_EVERY_MS) return;
      loggedMs = monotonicMs();
      logger.warn({ err }, "the change feed cannot be asked");
    },
  });

  const settle = async (changes: readonly KeyChange[]): Promise<BarrierResult> => {
    const result = await membership.settle(changes);
    if (changes.length > 0) for (const listener of listeners) listener(result);
    return result;
  };

  database.onKeysChanged((ids, changes) => {
    // Also what was created: it may be remembered here as unknown.
    evict(ids);
    return settle(changes);
  });

  return Object.freeze({
    leaseState: () => {
      const overMs = monotonicMs() - memory.records.trustedUntilMs;
      if (overMs < 0) return "held";
      return overMs < graceMs ? "grace" : "none";
    },
    isCutOff: () => membership.isCutOff,
    onSettled: (listener: (result: BarrierResult) => void) => void listeners.push(listener),
    [Symbol.asyncDispose]: () => membership.stop(),
  });
};

/** Lets the memory follow the database: through the change feed where several processes share one. */
export const followChanges = (deps: FollowChangesDeps): Following =>
  deps.feed === null ? followAlone(deps) : followFeed(deps, deps.feed);
