import { createPauses } from "./pauses.ts";
import type { FeedStore, KeyChange, Timers } from "./ports.ts";
import { createReplicaCycle, type ReplicaCycleDeps } from "./replica-cycle.ts";

export interface ReplicaDeps extends ReplicaCycleDeps {
  readonly store: Pick<FeedStore, "registerReplica" | "poll" | "renewReplica" | "removeReplica">;
  readonly timers: Timers;
  /** Told of every look at the feed: what is in flight. */
  readonly onLook?: (changes: readonly KeyChange[]) => void;
  /** Told when a look failed; the next one follows all the same. */
  readonly onFault?: (fault: unknown) => void;
}

/** The membership of this process. Starts at once; until the first look is through, nothing is trusted. */
export interface Replica {
  /** The id it is registered with; `null` while it is not. */
  readonly id: string | null;
  /** Whether the last look at the feed failed. */
  readonly isCutOff: boolean;
  /** Ends the look under way, the trust in the memory, and the registration. Later calls wait for the same end. */
  stop(): Promise<void>;
}

export const startReplica = (deps: ReplicaDeps): Replica => {
  const { store, cache, terms, onLook, onFault } = deps;
  const cycle = createReplicaCycle(deps);
  const pauses = createPauses(deps.timers);
  let stopped: Promise<void> | null = null;
  let isCutOff = false;

  const look = async (): Promise<number> => {
    try {
      const { nextInMs, changes } = await cycle.run();
      isCutOff = false;
      onLook?.(changes);
      return nextInMs;
    } catch (fault) {
      isCutOff = true;
      onFault?.(fault);
      return terms.pollMs;
    }
  };

  const loop = async (): Promise<void> => {
    while (!pauses.isEnded) await pauses.pause(await look());
  };

  const looping = loop();

  const end = async (): Promise<void> => {
    pauses.end();
    await looping;
    // Trust first: once the row is gone, nobody waits for this replica.
    cache.distrust();
    const { registration } = cycle;
    // Left behind, the row would cost each change up to a lease.
    if (registration !== null) await store.removeReplica(registration).catch((fault: unknown) => onFault?.(fault));
  };

  return Object.freeze({
    get id() {
      return cycle.registration?.id ?? null;
    },
    get isCutOff() {
      return isCutOff;
    },
    stop: () => (stopped ??= end()),
  });
};
