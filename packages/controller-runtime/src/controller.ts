import type { Backoff } from "./backoff.ts";
import { contained } from "./contained.ts";
import { isAborted, isConflict, KubeError } from "./kube-error.ts";
import type { KubeObject, Stored } from "./kube-object.ts";
import { createLatch } from "./latch.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { type ControllerMetrics, noControllerMetrics, noQueueMetrics, type QueueMetrics } from "./metrics.ts";
import { formatName, nameOf, type ObjectName, parseName } from "./object-name.ts";
import type { Reflector } from "./reflector.ts";
import type { Delta } from "./store.ts";
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

/** Where work comes from: the objects of a reflector. (Methods, so that sources of different types fit one list.) */
export interface Source<T extends KubeObject> {
  readonly reflector: Reflector<T>;
  /** Whose work an object is; for an update, asked about the old and the new one. Default: the object's own name. */
  toNames?(object: Stored<T>): readonly ObjectName[];
  /** Changes for which it says false cause no work. */
  predicate?(delta: Delta<Stored<T>>): boolean;
}

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

const objectsOf = <T>(delta: Delta<T>): readonly T[] => {
  if (delta.type === "updated") return [delta.object, delta.old];
  return [delta.type === "added" ? delta.object : delta.old];
};

const feed = (source: Source<KubeObject>, add: (key: string) => void): (() => void) =>
  source.reflector.subscribe((delta) => {
    if (source.predicate?.(delta) === false) return;
    for (const object of objectsOf(delta))
      for (const name of source.toNames?.(object) ?? [nameOf(object)]) add(formatName(name));
  });

export const createController = (options: ControllerOptions): Controller => {
  const { name, sources, reconcile, concurrency = 4, drainMs = 20_000, timers = systemTimers } = options;
  const onError = contained(options.onError ?? (() => {}));
  const metrics = options.metrics ?? { queue: noQueueMetrics, controller: noControllerMetrics };
  const logger = (options.logger ?? silentLogger).child({ controller: name });
  const backoff = options.backoff === undefined ? {} : { backoff: options.backoff };
  const queue = createWorkQueue({ timers, metrics: metrics.queue, ...backoff });
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
    try {
      const outcome = (await reconcile(parseName(key), { signal })) ?? undefined;
      succeeded(key, outcome);
      record(outcome?.requeueAfterMs === undefined ? "success" : "requeue_after");
    } catch (error) {
      record("error");
      if (!(signal.aborted && isAborted(error))) failed(key, error);
    } finally {
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
    const unsubscribe = sources.map((source) => feed(source, (key) => queue.add(key)));
    const hurry = new AbortController();
    const workers = Promise.all(Array.from({ length: concurrency }, () => worker(hurry.signal)));
    logger.info({ workers: concurrency }, "controller started");
    await createLatch().opened(signal);
    for (const stop of unsubscribe) stop();
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
