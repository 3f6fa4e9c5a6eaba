import type { Barrier } from "./barrier.ts";
import type { LeaseTerms } from "./lease-terms.ts";
import { createPauses } from "./pauses.ts";
import type { KeyChange, MonotonicMs, Timers } from "./ports.ts";
import type { ReplicaWatch } from "./replica-watch.ts";

export interface JanitorDeps {
  readonly watch: ReplicaWatch;
  readonly barrier: Barrier;
  readonly monotonicMs: MonotonicMs;
  readonly timers: Timers;
  readonly terms: Pick<LeaseTerms, "sweepEveryMs" | "leftoverAfterMs">;
  readonly onFault?: (fault: unknown) => void;
}

export interface Janitor {
  /** To be given every look of the replica at the feed. */
  note(changes: readonly KeyChange[]): void;
  stop(): Promise<void>;
}

/**
 * Removes the rows of dead replicas, so that a change finds them gone instead of waiting for their lease, and sees the
 * changes through whose process died, or stopped waiting, before they were over.
 */
export const startJanitor = (deps: JanitorDeps): Janitor => {
  const { watch, barrier, monotonicMs, timers, terms, onFault } = deps;
  const pauses = createPauses(timers);
  let inFlight = new Map<string, { readonly change: KeyChange; readonly sinceMs: number }>();
  const underWay = new Set<string>();

  const see = async (leftovers: readonly KeyChange[]): Promise<void> => {
    for (const { id } of leftovers) underWay.add(id);
    await barrier.settle(leftovers);
    for (const { id } of leftovers) underWay.delete(id);
  };

  const sweep = async (): Promise<void> => {
    await watch.list();
    const nowMs = monotonicMs();
    const leftovers = [...inFlight.values()]
      .filter(({ change, sinceMs }) => nowMs - sinceMs >= terms.leftoverAfterMs && !underWay.has(change.id))
      .map(({ change }) => change);
    if (leftovers.length > 0) void see(leftovers);
  };

  const loop = async (): Promise<void> => {
    while (!pauses.isEnded) {
      await sweep().catch((fault: unknown) => onFault?.(fault));
      await pauses.pause(terms.sweepEveryMs);
    }
  };

  const looping = loop();

  return Object.freeze({
    note: (changes: readonly KeyChange[]) => {
      const nowMs = monotonicMs();
      const before = inFlight;
      inFlight = new Map(changes.map((change) => [change.id, before.get(change.id) ?? { change, sinceMs: nowMs }]));
    },
    stop: () => {
      pauses.end();
      return looping;
    },
  });
};
