import { patienceMs } from "./lease-terms.ts";
import type { FeedStore, MonotonicMs, ReplicaRow } from "./ports.ts";

export interface ReplicaWatchDeps {
  readonly store: Pick<FeedStore, "listReplicas" | "removeReplica">;
  readonly monotonicMs: MonotonicMs;
}

/** What one process has seen of the replicas. */
export interface ReplicaWatch {
  /** The replicas that there are, after those were removed whose lease is over for certain. */
  list(): Promise<readonly ReplicaRow[]>;
}

interface Seen {
  readonly beat: number;
  readonly sinceMs: number;
}

/**
 * A replica whose beat stands still for longer than its lease, and some, on the clock of whoever watches, has no lease
 * any more: each renewal began before it was seen. The row is removed only with that beat, so a renewal that comes first
 * saves it, and one that comes later is refused.
 */
export const createReplicaWatch = ({ store, monotonicMs }: ReplicaWatchDeps): ReplicaWatch => {
  let seen = new Map<string, Seen>();

  const listRows = async (): Promise<readonly ReplicaRow[]> => {
    try {
      return await store.listReplicas();
    } catch (fault) {
      // Whatever made the database fail, a beat counts as standing still only where it was watched all the time.
      seen = new Map();
      throw fault;
    }
  };

  const look = (rows: readonly ReplicaRow[]): void => {
    // After the answer: the renewal that wrote the beat may have come while the question was on its way.
    const nowMs = monotonicMs();
    const before = seen;
    seen = new Map(
      rows.map(({ id, beat }) => {
        const known = before.get(id);
        return [id, known?.beat === beat ? known : { beat, sinceMs: nowMs }];
      }),
    );
  };

  const isOver = ({ id, leaseMs }: ReplicaRow): boolean => {
    const sinceMs = seen.get(id)?.sinceMs;
    return sinceMs !== undefined && monotonicMs() - sinceMs >= patienceMs(leaseMs);
  };

  return Object.freeze({
    list: async () => {
      const rows = await listRows();
      look(rows);
      const removed = new Set<string>();
      for (const row of rows.filter(isOver)) if (await store.removeReplica(row)) removed.add(row.id);
      return rows.filter(({ id }) => !removed.has(id));
    },
  });
};
