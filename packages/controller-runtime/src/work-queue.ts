import { type Backoff, halfJitter } from "./backoff.ts";
import { createDelayQueue } from "./delay-queue.ts";
import { createFairLine } from "./fair-line.ts";
import { noQueueMetrics, type QueueMetrics } from "./metrics.ts";
import { systemTimers, type Timers } from "./timers.ts";

export interface WorkItem {
  readonly key: string;
  /** Must be called once, whatever came of the work. A key that was added meanwhile is queued again. */
  done(): void;
}

/**
 * Keys that need work. A key waits once, however often it is added, and no two workers have it at the same time.
 * Groups of keys take turns, and may be bounded. The rules are else those of client-go's workqueue (dirty and processing
 * sets).
 */
export interface WorkQueue {
  /** Keys that wait for a worker now. */
  readonly depth: number;
  add(key: string): void;
  /** Keeps the earlier time when the key waits already. */
  addAfter(key: string, delayMs: number): void;
  /** Adds the key after the backoff of its failures so far, and at the earliest after `atLeastMs`. */
  addRateLimited(key: string, atLeastMs?: number): void;
  /** The key succeeded: its next failure counts as the first. */
  forget(key: string): void;
  failures(key: string): number;
  /** Waits for a key; `null` once the queue is shut down. */
  next(): Promise<WorkItem | null>;
  /** Gives out no more keys, forgets the waiting ones, ends every `next`. */
  shutdown(): void;
  /** Resolves when no worker has a key. */
  drained(): Promise<void>;
}

export interface WorkQueueOptions {
  readonly timers?: Timers;
  /** Delay of the next try by the number of failures before it. Default: 5 ms doubling up to 5 min, half jitter. */
  readonly backoff?: Backoff;
  /** Keys of one group wait in a line of their own, and the lines take turns. Default: one group for all. */
  readonly groupOf?: (key: string) => string;
  /** Keys of one group that workers may have at the same time. Default: any number. */
  readonly groupConcurrency?: number;
  readonly metrics?: QueueMetrics;
}

const defaultBackoff = halfJitter({ baseMs: 5, maxMs: 300_000 });

export const createWorkQueue = (options: WorkQueueOptions = {}): WorkQueue => {
  const { timers = systemTimers, backoff = defaultBackoff, metrics = noQueueMetrics } = options;
  const { groupOf = () => "", groupConcurrency = Number.POSITIVE_INFINITY } = options;
  const waiting = createFairLine(groupOf);
  const busyByGroup = new Map<string, number>();
  /** Since when a worker has each. */
  const processing = new Map<string, number>();
  const dirtyWhileProcessing = new Set<string>();
  const failuresByKey = new Map<string, number>();
  const idleWorkers: ((item: WorkItem | null) => void)[] = [];
  const drainWaiters: (() => void)[] = [];
  let closed = false;

  const handOut = (): void => {
    while (idleWorkers.length > 0) {
      const item = take();
      if (item === null) break;
      idleWorkers.shift()?.(item);
    }
    metrics.depth(waiting.size);
  };

  const enqueue = (key: string): void => {
    waiting.add(key, timers.monotonicMs());
    handOut();
  };

  const add = (key: string): void => {
    if (closed || waiting.has(key) || dirtyWhileProcessing.has(key)) return;
    metrics.added();
    if (processing.has(key)) dirtyWhileProcessing.add(key);
    else enqueue(key);
  };

  const delayed = createDelayQueue({ timers, onReady: add });

  const countBusy = (group: string, change: 1 | -1): void => {
    const busy = (busyByGroup.get(group) ?? 0) + change;
    if (busy === 0) busyByGroup.delete(group);
    else busyByGroup.set(group, busy);
  };

  const release = (key: string): void => {
    processing.delete(key);
    countBusy(groupOf(key), -1);
    const again = dirtyWhileProcessing.delete(key);
    if (again && !closed) enqueue(key);
    // The group may have been at its bound.
    else handOut();
    if (processing.size === 0) for (const resolve of drainWaiters.splice(0)) resolve();
  };

  const take = (): WorkItem | null => {
    const first = waiting.take((group) => (busyByGroup.get(group) ?? 0) < groupConcurrency);
    if (first === null) return null;
    const { key, sinceMs } = first;
    const startedMs = timers.monotonicMs();
    processing.set(key, startedMs);
    countBusy(groupOf(key), 1);
    metrics.depth(waiting.size);
    metrics.queued(startedMs - sinceMs);
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      metrics.worked(timers.monotonicMs() - startedMs);
      release(key);
    };
    return { key, done };
  };

  const addAfter = (key: string, delayMs: number): void => {
    if (closed) return;
    if (delayMs <= 0) add(key);
    else delayed.add(key, delayMs);
  };

  metrics.underWay(() => {
    const nowMs = timers.monotonicMs();
    return [...processing.values()].map((sinceMs) => nowMs - sinceMs);
  });
  return Object.freeze({
    get depth() {
      return waiting.size;
    },
    add,
    addAfter,
    addRateLimited: (key: string, atLeastMs = 0) => {
      const failures = failuresByKey.get(key) ?? 0;
      failuresByKey.set(key, failures + 1);
      metrics.retried();
      addAfter(key, Math.max(atLeastMs, backoff(failures)));
    },
    forget: (key: string) => void failuresByKey.delete(key),
    failures: (key: string) => failuresByKey.get(key) ?? 0,
    next: () => {
      if (closed) return Promise.resolve(null);
      const item = take();
      if (item !== null) return Promise.resolve(item);
      return new Promise<WorkItem | null>((resolve) => void idleWorkers.push(resolve));
    },
    shutdown: () => {
      closed = true;
      delayed.clear();
      waiting.clear();
      dirtyWhileProcessing.clear();
      metrics.depth(0);
      for (const wake of idleWorkers.splice(0)) wake(null);
    },
    drained: () =>
      processing.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => void drainWaiters.push(resolve)),
  });
};
