import type { BarrierResult } from "./barrier-result.ts";
import { type Cohort, createCohort } from "./cohort.ts";
import type { LeaseTerms } from "./lease-terms.ts";
import { createPauses } from "./pauses.ts";
import type { FeedStore, KeyChange, MonotonicMs, Timers } from "./ports.ts";
import type { OfKey, RecordCache } from "./record-cache.ts";
import type { ReplicaWatch } from "./replica-watch.ts";

export interface BarrierDeps {
  readonly store: Pick<FeedStore, "deleteChanges">;
  readonly watch: ReplicaWatch;
  readonly cache: Pick<RecordCache<OfKey>, "evict">;
  /** The id that this process is registered with, or `null`: it evicts here and is not waited for. */
  readonly ownId: () => string | null;
  readonly monotonicMs: MonotonicMs;
  readonly timers: Timers;
  readonly terms: LeaseTerms;
  readonly onFault?: (fault: unknown) => void;
}

export interface Barrier {
  /**
   * Evicts the keys here, at once, and waits until every other replica has evicted them or has no lease. Never rejects.
   * To be called when the commit was acknowledged, in the same turn. `changes`: the rows that the transaction inserted.
   */
  settle(changes: readonly KeyChange[]): Promise<BarrierResult>;
  /** Answers everything that waits, and will wait, with `STOPPED`. */
  stop(): void;
}

/**
 * All changes in flight share one loop over the list of replicas. A change is over everywhere when each replica that was
 * listed after the commit is gone or has renewed its lease twice since, or when all their leases have run out on this
 * clock: a lease that still lasts then was renewed by a look at the feed that began after the commit, and the change was
 * in the feed. A replica that registered later remembers nothing from before.
 */
export const createBarrier = (deps: BarrierDeps): Barrier => {
  const { store, watch, cache, ownId, timers, terms, onFault } = deps;
  const pauses = createPauses(timers);
  let cohorts: Cohort[] = [];
  /** Takes what commits until the replicas are asked for next. */
  let open: Cohort | null = null;
  let isLooping = false;

  const clear = async (changeIds: readonly string[]): Promise<void> => {
    try {
      await store.deleteChanges(changeIds);
    } catch (fault) {
      // They stay in the feed, where a janitor finds them.
      onFault?.(fault);
    }
  };

  const look = async (): Promise<void> => {
    open = null;
    const asked = cohorts;
    const rows = await watch.list();
    const own = ownId();
    const others = rows.filter(({ id }) => id !== own);
    const over = asked.filter((cohort) => cohort.judge(others));
    for (const cohort of over) cohort.finish();
    if (over.length > 0) void clear(over.flatMap(({ changeIds }) => changeIds));
  };

  const loop = async (): Promise<void> => {
    isLooping = true;
    while (cohorts.length > 0) {
      await look().catch((fault: unknown) => onFault?.(fault));
      // What nobody waits for any longer is left to the janitor, with its rows.
      cohorts = cohorts.filter((cohort) => cohort.isWaiting);
      // Nor is anything added to it: nobody looks at it any more.
      if (open !== null && !cohorts.includes(open)) open = null;
      if (cohorts.length > 0) await pauses.pause(terms.waitPollMs);
    }
    isLooping = false;
  };

  const join = (changes: readonly KeyChange[]): Cohort => {
    if (open === null) {
      open = createCohort(deps);
      cohorts = [...cohorts, open];
    }
    open.add(changes.map(({ id }) => id));
    return open;
  };

  return Object.freeze({
    settle: (changes: readonly KeyChange[]) => {
      cache.evict(changes.map(({ keyId }) => keyId));
      if (changes.length === 0) return Promise.resolve<BarrierResult>({ effectiveEverywhere: true, waitedMs: 0 });
      if (pauses.isEnded) {
        return Promise.resolve<BarrierResult>({ effectiveEverywhere: false, waitedMs: 0, reason: "STOPPED" });
      }
      const result = join(changes).wait();
      if (!isLooping) void loop();
      return result;
    },
    stop: () => {
      pauses.end();
      for (const cohort of cohorts) cohort.stop();
    },
  });
};
