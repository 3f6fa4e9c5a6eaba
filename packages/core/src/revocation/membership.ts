import { type Barrier, createBarrier } from "./barrier.ts";
import { startJanitor } from "./janitor.ts";
import type { FeedStore, KeyChange, Timers } from "./ports.ts";
import { startReplica } from "./replica.ts";
import type { ReplicaCycleDeps } from "./replica-cycle.ts";
import { createReplicaWatch } from "./replica-watch.ts";

export interface MembershipDeps extends ReplicaCycleDeps {
  readonly store: FeedStore;
  readonly timers: Timers;
  /** Told of every call of the store that failed. Everything goes on by itself. */
  readonly onFault?: (fault: unknown) => void;
}

/** One process among the replicas: its memory can be trusted, and its changes are seen through. */
export interface Membership {
  /** See `Barrier.settle`. */
  readonly settle: Barrier["settle"];
  /** The id it is registered with; `null` while it is not. */
  readonly replicaId: string | null;
  /** Whether its last look at the feed failed: the database can hardly be asked for anything else. */
  readonly isCutOff: boolean;
  /**
   * Leaves. Changes that still wait are answered with `STOPPED`, so let requests end first. Memory is trusted until the
   * row is about to go, and not after.
   */
  stop(): Promise<void>;
}

export const startMembership = (deps: MembershipDeps): Membership => {
  const watch = createReplicaWatch(deps);
  const replica = startReplica({ ...deps, onLook: (changes) => janitor.note(changes) });
  const barrier = createBarrier({ ...deps, watch, ownId: () => replica.id });
  const janitor = startJanitor({ ...deps, watch, barrier });

  return Object.freeze({
    settle: (changes: readonly KeyChange[]) => barrier.settle(changes),
    get replicaId() {
      return replica.id;
    },
    get isCutOff() {
      return replica.isCutOff;
    },
    stop: async () => {
      barrier.stop();
      await Promise.all([janitor.stop(), replica.stop()]);
    },
  });
};
