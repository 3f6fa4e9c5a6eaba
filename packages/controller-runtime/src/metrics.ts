import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { OnRequest } from "./kube-client.ts";

export interface QueueMetrics {
  depth(keys: number): void;
  added(): void;
  /** A key waited this long for a worker. */
  queued(durationMs: number): void;
  /** A worker had a key for this long. */
  worked(durationMs: number): void;
  retried(): void;
  /** Whom to ask for how long each key that a worker has is worked on already. */
  underWay(durationsMs: () => readonly number[]): void;
}

export type ReconcileResult = "success" | "requeue_after" | "error";

export interface ControllerMetrics {
  reconciled(result: ReconcileResult, durationMs: number): void;
  activeWorkers(workers: number): void;
  maxConcurrent(reconciliations: number): void;
}

export interface LeaderMetrics {
  leading(is: boolean): void;
}

/** The recording side of every metric of the runtime; hand its parts to what they measure. */
export interface RuntimeMetrics {
  queue(name: string): QueueMetrics;
  controller(name: string): ControllerMetrics;
  leader(name: string): LeaderMetrics;
  readonly onRequest: OnRequest;
}

export const noQueueMetrics: QueueMetrics = Object.freeze({
  depth: () => {},
  added: () => {},
  queued: () => {},
  worked: () => {},
  retried: () => {},
  underWay: () => {},
});
export const noControllerMetrics: ControllerMetrics = Object.freeze({
  reconciled: () => {},
  activeWorkers: () => {},
  maxConcurrent: () => {},
});
export const noLeaderMetrics: LeaderMetrics = Object.freeze({ leading: () => {} });

const secondsOf = (durationMs: number): number => durationMs / 1000;
// The buckets of client-go's and controller-runtime's own histograms, so that existing dashboards fit.
const queueBuckets = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Asked at every scrape, as only a clock can tell of work that does not end. */
const createUnderWay = (registry: Registry): ((name: string, durationsMs: () => readonly number[]) => void) => {
  const queues = new Map<string, () => readonly number[]>();
  const gauge = (name: string, help: string, of: (durationsMs: readonly number[]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["name"] as const,
      registers: [registry],
      collect() {
        for (const [queue, durationsMs] of queues) this.set({ name: queue }, secondsOf(of(durationsMs())));
      },
    });
  gauge("workqueue_unfinished_work_seconds", "How long all keys that workers have took so far, in sum", (durationsMs) =>
    durationsMs.reduce((sum, durationMs) => sum + durationMs, 0),
  );
  gauge(
    "workqueue_longest_running_processor_seconds",
    "How long the longest-running worker has its key",
    (durationsMs) => Math.max(0, ...durationsMs),
  );
  return (name, durationsMs) => void queues.set(name, durationsMs);
};

const createQueueMetrics = (registry: Registry): RuntimeMetrics["queue"] => {
  const labelNames = ["name"] as const;
  const registers = [registry];
  const depth = new Gauge({ name: "workqueue_depth", help: "Keys that wait for a worker", labelNames, registers });
  const adds = new Counter({ name: "workqueue_adds_total", help: "Keys added", labelNames, registers });
  const retries = new Counter({ name: "workqueue_retries_total", help: "Rate-limited adds", labelNames, registers });
  const queued = new Histogram({
    name: "workqueue_queue_duration_seconds",
    help: "How long a key waited for a worker",
    labelNames,
    buckets: queueBuckets,
    registers,
  });
  const worked = new Histogram({
    name: "workqueue_work_duration_seconds",
    help: "How long a worker had a key",
    labelNames,
    buckets: queueBuckets,
    registers,
  });
  const underWay = createUnderWay(registry);
  return (name) => ({
    underWay: (durationsMs) => underWay(name, durationsMs),
    depth: (keys) => depth.set({ name }, keys),
    added: () => adds.inc({ name }),
    queued: (durationMs) => queued.observe({ name }, secondsOf(durationMs)),
    worked: (durationMs) => worked.observe({ name }, secondsOf(durationMs)),
    retried: () => retries.inc({ name }),
  });
};

const createControllerMetrics = (registry: Registry): RuntimeMetrics["controller"] => {
  const labelNames = ["controller"] as const;
  const registers = [registry];
  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Reconciliations by result",
    labelNames: ["controller", "result"] as const,
    registers,
  });
  const errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Reconciliations that failed",
    labelNames,
    registers,
  });
  const time = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "How long a reconciliation took",
    labelNames,
    buckets: reconcileBuckets,
    registers,
  });
  const active = new Gauge({
    name: "controller_runtime_active_workers",
    help: "Workers that reconcile right now",
    labelNames,
    registers,
  });
  const max = new Gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Reconciliations at the same time, at most",
    labelNames,
    registers,
  });
  return (controller) => ({
    maxConcurrent: (reconciliations) => max.set({ controller }, reconciliations),
    reconciled: (result, durationMs) => {
      total.inc({ controller, result });
      if (result === "error") errors.inc({ controller });
      time.observe({ controller }, secondsOf(durationMs));
    },
    activeWorkers: (workers) => active.set({ controller }, workers),
  });
};

/** Registers the metrics under the names that dashboards for Go controllers use. Call it once for a registry. */
export const createRuntimeMetrics = (registry: Registry): RuntimeMetrics => {
  const registers = [registry];
  const requests = new Counter({
    name: "rest_client_requests_total",
    help: "Requests to the API server by status code (<error>: no answer), method and host",
    labelNames: ["code", "method", "host"] as const,
    registers,
  });
  const leading = new Gauge({
    name: "leader_election_master_status",
    help: "1 while this process holds the lease",
    labelNames: ["name"] as const,
    registers,
  });
  return Object.freeze({
    queue: createQueueMetrics(registry),
    controller: createControllerMetrics(registry),
    leader: (name: string) => ({ leading: (is: boolean) => leading.set({ name }, is ? 1 : 0) }),
    onRequest: ({ method, status, host }: Parameters<OnRequest>[0]) =>
      requests.inc({ code: status === 0 ? "<error>" : String(status), method, host }),
  });
};
