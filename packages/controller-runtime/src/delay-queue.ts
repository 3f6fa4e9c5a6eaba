import type { Timers } from "./timers.ts";

/** Keys that become ready later. A key has one due time: the earliest that was asked for. */
export interface DelayQueue {
  readonly size: number;
  add(key: string, delayMs: number): void;
  clear(): void;
}

interface Entry {
  readonly key: string;
  readonly dueMs: number;
}

// Longer waits are taken in steps: Node's timers end at 24.8 days.
const longestStepMs = 3_600_000;

const swap = (heap: Entry[], a: number, b: number): void => {
  const entry = heap[a] as Entry;
  heap[a] = heap[b] as Entry;
  heap[b] = entry;
};

const dueAt = (heap: readonly Entry[], at: number): number => heap[at]?.dueMs ?? Number.POSITIVE_INFINITY;

const push = (heap: Entry[], entry: Entry): void => {
  heap.push(entry);
  let at = heap.length - 1;
  for (let parent = (at - 1) >> 1; at > 0 && dueAt(heap, parent) > dueAt(heap, at); parent = (at - 1) >> 1) {
    swap(heap, at, parent);
    at = parent;
  }
};

const pop = (heap: Entry[]): void => {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const child = dueAt(heap, left + 1) < dueAt(heap, left) ? left + 1 : left;
    if (dueAt(heap, child) >= dueAt(heap, at)) return;
    swap(heap, at, child);
    at = child;
  }
};

/** A binary heap over one timer, so that ten thousand waiting keys cost no ten thousand timers. */
export const createDelayQueue = (options: {
  readonly timers: Timers;
  readonly onReady: (key: string) => void;
}): DelayQueue => {
  const { timers, onReady } = options;
  const heap: Entry[] = [];
  const dueByKey = new Map<string, number>();
  let armed: { readonly dueMs: number; readonly cancel: () => void } | null = null;

  const arm = (): void => {
    const first = heap[0];
    if (first === undefined || (armed !== null && armed.dueMs <= first.dueMs)) return;
    armed?.cancel();
    const delayMs = Math.min(longestStepMs, Math.max(0, first.dueMs - timers.monotonicMs()));
    armed = { dueMs: first.dueMs, cancel: timers.setTimeout(release, delayMs) };
  };

  const release = (): void => {
    armed = null;
    const nowMs = timers.monotonicMs();
    for (let first = heap[0]; first !== undefined && first.dueMs <= nowMs; first = heap[0]) {
      pop(heap);
      // An entry that an earlier one replaced is stale.
      if (dueByKey.get(first.key) !== first.dueMs) continue;
      dueByKey.delete(first.key);
      onReady(first.key);
    }
    arm();
  };

  return Object.freeze({
    get size() {
      return dueByKey.size;
    },
    add: (key: string, delayMs: number) => {
      const dueMs = timers.monotonicMs() + delayMs;
      if ((dueByKey.get(key) ?? Number.POSITIVE_INFINITY) <= dueMs) return;
      dueByKey.set(key, dueMs);
      push(heap, { key, dueMs });
      arm();
    },
    clear: () => {
      armed?.cancel();
      armed = null;
      heap.length = 0;
      dueByKey.clear();
    },
  });
};
