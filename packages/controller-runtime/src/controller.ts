import type { Backoff } from "./backoff.ts";
import { contained } from "./contained.ts";
import { isAborted, isConflict, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";
import { createLatch } from "./latch.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { type ControllerMetrics, noControllerMetrics, noQueueMetrics, type QueueMetrics } from "./metrics.ts";
import { formatName, type ObjectName, parseName } from "./object-name.ts";
import { feedFrom, type Source } from "./source.ts";
import { startLimit } from "./time-limit.ts";
import { systemTimers, type Timers } from "./timers.ts";
import { createWorkQueue, type WorkItem } from "./work-queue.ts";

export interface ReconcileContext {
  /** Aborts when the drain bound after a stop has passed: give up then. */
  readonly signal: AbortSignal;
}

export interface ReconcileOutcome {
  /** Look again after this time, whatever happens until then. */
  readonly requeueAfterMs?: number;
}

/** Brings the world of one name into its wanted state. It gets a name, never an event, and must be idempotent. */
export type Reconcile = (name: ObjectName, context: ReconcileContext) => Promise<ReconcileOutcome | void>;

export interface ControllerHealth {
  readonly synced: boolean;
  readonly activeWorkers: number;
  /** How long the oldest running reconciliation has been running; 0 when none is. */
  readonly longestRunningMs: number;
}

export interface Controller {
  readonly name: string;
  enqueue(name: ObjectName): void;
  enqueueAfter(name: ObjectName, delayMs: number): void;
  /** What the last reconciliation of this name threw; `null` after a success. */
  lastError(name: ObjectName): unknown;
  health(): ControllerHealth;
  /**
   * Waits for the sources, then works until the signal aborts; then lets running work end, at most for the drain
   * bound. Does not run the reflectors. Call it once.
   */
  run(signal: AbortSignal): Promise<void>;
}

export interface ControllerOptions {
  readonly name: string;
  readonly sources: readonly Source<KubeObject>[];
  readonly reconcile: Reconcile;
  /** Reconciliations at the same time, never two of one name. Default 4. */
  readonly concurrency?: number;
  /** Names of one group wait in a line of their own, and the lines take turns. Default: a group is a namespace. */
  readonly groupOf?: (name: ObjectName) => string;
  /** Reconciliations of one group at the same time. Default: as many as of all. */
  readonly groupConcurrency?: number;
  /** What runs longer is told to give up, by its signal, and counts as failed. Default: no limit. */
  readonly reconcileTimeoutMs?: number;
  /**
   * How long a name that was there before the start may wait for its first reconciliation, so that a restart does not
   * look at everything at once. A change makes it go at once. Default: 0.
   */
  readonly initialDelayMs?: (name: ObjectName) => number;
  readonly backoff?: Backoff;
  /** How long running work may go on after a stop. Default 20 s. */
  readonly drainMs?: number;
  readonly timers?: Timers;
  readonly logger?: Logger;
  readonly metrics?: { readonly queue: QueueMetrics; readonly controller: ControllerMetrics };
  /** Told of every error that `reconcile` threw, after it is logged. */
  readonly onError?: (name: ObjectName, error: unknown) => void;
}

const neverAborts = new AbortController().signal;

export const createController = (options: ControllerOptions): Controller => {
  const { name, sources, reconcile, concurrency = 4, drainMs = 20_000, timers = systemTimers } = options;
  const { groupOf = ({ namespace = "" }) => namespace, groupConcurrency = concurrency } = options;
  const { initialDelayMs = () => 0, reconcileTimeoutMs } = options;
  const onError = contained(options.onError ?? (() => {}));
  const metrics = options.metrics ?? { queue: noQueueMetrics, controller: noControllerMetrics };
  const logger = (options.logger ?? silentLogger).child({ controller: name });
  const backoff = options.backoff === undefined ? {} : { backoff: options.backoff };
  const queue = createWorkQueue({
    timers,
    metrics: metrics.queue,
    groupOf: (key) => groupOf(parseName(key)),
    groupConcurrency,
    ...backoff,
  });
  metrics.controller.maxConcurrent(concurrency);
  const runningSinceMs = new Map<string, number>();
  const errors = new Map<string, unknown>();
  const ready = createLatch();

  const failed = (key: string, error: unknown): void => {
    errors.set(key, error);
    const attempt = queue.failures(key) + 1;
    // A conflict only says that somebody was faster; the next try reads again.
    const log = isConflict(error) ? logger.debug : logger.error;
    log.call(logger, { object: key, attempt, err: error }, "reconcile failed");
    queue.addRateLimited(key, error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0);
    onError(parseName(key), error);
  };

  const succeeded = (key: string, outcome: ReconcileOutcome | undefined): void => {
    errors.delete(key);
    queue.forget(key);
    if (outcome?.requeueAfterMs !== undefined) queue.addAfter(key, outcome.requeueAfterMs);
  };

  const work = async (item: WorkItem, signal: AbortSignal): Promise<void> => {
    const { key } = item;
    const startedMs = timers.monotonicMs();
    const record = (result: "success" | "requeue_after" | "error"): void =>
      metrics.controller.reconciled(result, timers.monotonicMs() - startedMs);
    runningSinceMs.set(key, startedMs);
    metrics.controller.activeWorkers(runningSinceMs.size);
    const limit = startLimit({ timers, timeoutMs: reconcileTimeoutMs }, signal);
    try {
      const outcome = (await reconcile(parseName(key), { signal: limit.signal })) ?? undefined;
      succeeded(key, outcome);
      record(outcome?.requeueAfterMs === undefined ? "success" : "requeue_after");
    } catch (error) {
      record("error");
      if (!(signal.aborted && isAborted(error))) failed(key, error);
    } finally {
      limit.end();
      runningSinceMs.delete(key);
      metrics.controller.activeWorkers(runningSinceMs.size);
      item.done();
    }
  };

  const worker = async (signal: AbortSignal): Promise<void> => {
    for (let item = await queue.next(); item !== null; item = await queue.next()) await work(item, signal);
  };

  const drain = async (workers: Promise<unknown>, hurry: AbortController): Promise<void> => {
    queue.shutdown();
    const bound = createLatch();
    const cancel = timers.setTimeout(() => {
      logger.warn({ objects: [...runningSinceMs.keys()] }, "work did not end within the drain bound");
      hurry.abort();
      bound.open();
    }, drainMs);
    await Promise.race([workers, bound.opened(neverAborts)]);
    cancel();
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(sources.map((source) => source.reflector.synced(signal)));
    if (signal.aborted) return queue.shutdown();
    ready.open();
    const unsubscribe = feedFrom(sources, {
      known: (key) => queue.addAfter(key, initialDelayMs(parseName(key))),
      changed: (key) => queue.add(key),
    });
    const hurry = new AbortController();
    const workers = Promise.all(Array.from({ length: concurrency }, () => worker(hurry.signal)));
    logger.info({ workers: concurrency }, "controller started");
    await createLatch().opened(signal);
    unsubscribe();
    await drain(workers, hurry);
    logger.info({}, "controller stopped");
  };

  return Object.freeze({
    name,
    enqueue: (object: ObjectName) => queue.add(formatName(object)),
    enqueueAfter: (object: ObjectName, delayMs: number) => queue.addAfter(formatName(object), delayMs),
    lastError: (object: ObjectName) => errors.get(formatName(object)) ?? null,
    health: () => {
      const startedMs = Math.min(...runningSinceMs.values());
      const longestRunningMs = Number.isFinite(startedMs) ? timers.monotonicMs() - startedMs : 0;
      return { synced: ready.isOpen, activeWorkers: runningSinceMs.size, longestRunningMs };
    },
    run,
  });
};
