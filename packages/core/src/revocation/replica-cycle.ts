import { holdMs, type LeaseTerms } from "./lease-terms.ts";
import type { FeedStore, KeyChange, MonotonicMs } from "./ports.ts";
import type { OfKey, RecordCache } from "./record-cache.ts";

export interface ReplicaCycleDeps {
  readonly store: Pick<FeedStore, "registerReplica" | "poll" | "renewReplica">;
  readonly cache: Pick<RecordCache<OfKey>, "evict" | "dropAll" | "trustUntil" | "distrust">;
  readonly monotonicMs: MonotonicMs;
  /** Draws an id that nobody ever drew before, e.g. a random UUID. */
  readonly newId: () => string;
  readonly terms: LeaseTerms;
}

export interface ReplicaCycle {
  /** One look at the feed. Rejects with what the store rejected with; the lease then runs on, unextended. */
  run(): Promise<CycleOutcome>;
  /** The registration that the memory rests on; `null` before the first and after it was removed. */
  readonly registration: Registration | null;
}

export interface CycleOutcome {
  /** When to look again. */
  readonly nextInMs: number;
  /** Every change in flight that the look found. Empty when the registration was removed. */
  readonly changes: readonly KeyChange[];
}

export interface Registration {
  readonly id: string;
  /** The last beat that the replica knows of. */
  readonly beat: number;
}

/**
 * How many renewals a new change gets at a quick pace. Others wait for two after they first looked, and their first look
 * may come after one of them.
 */
const QUICK_RENEWALS = 3;

/**
 * What a replica does over and over: read the feed, evict, renew the lease. The order is the promise:
 *
 * - the lease counts from before the read, so while it lasts the replica has evicted everything that was committed when
 *   the lease was at its beginning, or earlier;
 * - the renewal follows the eviction, and is refused unless the row still has the beat that was read. So a row whose
 *   beat has grown by two since somebody saw it belongs to a replica that has read the feed since.
 *
 * A lease that ran out costs nothing but trust: as long as the row is there, nobody has deleted a change that this
 * replica had not evicted. A row that is gone costs everything remembered.
 */
export const createReplicaCycle = (deps: ReplicaCycleDeps): ReplicaCycle => {
  const { store, cache, monotonicMs, newId, terms } = deps;
  let registration: Registration | null = null;
  let renewedMs = Number.NEGATIVE_INFINITY;
  let renewalsSince = new Map<string, number>();

  const register = async (): Promise<Registration> => {
    const id = newId();
    await store.registerReplica({ id, leaseMs: holdMs(terms) });
    // After the answer: what was looked up before the row was there is covered by nobody's wait.
    cache.dropAll();
    renewedMs = Number.NEGATIVE_INFINITY;
    return { id, beat: 0 };
  };

  const leave = (): CycleOutcome => {
    registration = null;
    cache.distrust();
    cache.dropAll();
    return { nextInMs: terms.busyPollMs, changes: [] };
  };

  const renew = async (id: string, beat: number): Promise<boolean> => {
    const renewed = await store.renewReplica({ id, beat });
    // Refused: it was removed, or an earlier renewal took effect late. The next look tells which.
    if (renewed) registration = { id, beat: beat + 1 };
    return renewed;
  };

  const isQuick = (changes: readonly KeyChange[]): boolean => {
    const counted = new Map(changes.map(({ id }) => [id, (renewalsSince.get(id) ?? 0) + 1]));
    renewalsSince = counted;
    return [...counted.values()].some((count) => count < QUICK_RENEWALS);
  };

  return Object.freeze({
    run: async () => {
      registration ??= await register();
      const { id } = registration;
      const begunMs = monotonicMs();
      const polled = await store.poll(id);
      if (polled === null) return leave();
      registration = { id, beat: polled.beat };
      const { changes } = polled;
      cache.evict(changes.map(({ keyId }) => keyId));
      const isDue = changes.length > 0 || begunMs - renewedMs >= terms.renewEveryMs;
      if (isDue && (await renew(id, polled.beat))) {
        cache.trustUntil(begunMs + terms.leaseMs);
        renewedMs = begunMs;
      }
      return { nextInMs: isQuick(changes) ? terms.busyPollMs : terms.pollMs, changes };
    },
    get registration() {
      return registration;
    },
  });
};
