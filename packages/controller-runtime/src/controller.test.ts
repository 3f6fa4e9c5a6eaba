import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { createManualTimers, settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";
import { type ControllerOptions, createController } from "./controller.ts";
import { KubeError } from "./kube-error.ts";
import { createLatch } from "./latch.ts";
import { createRuntimeMetrics } from "./metrics.ts";
import { formatName, type ObjectName } from "./object-name.ts";
import type { DeltaHandler, Reflector } from "./reflector.ts";
import { type ConfigMap, ConfigMaps } from "./resources.ts";
import type { Source } from "./source.ts";
import { createStore } from "./store.ts";

/** A reflector that is fed by hand. */
const createFedReflector = () => {
  const store = createStore<ConfigMap>();
  const handlers = new Set<DeltaHandler<ConfigMap>>();
  const sync = createLatch();
  const reflector: Reflector<ConfigMap> = {
    type: ConfigMaps,
    store,
    get hasSynced() {
      return sync.isOpen;
    },
    synced: (signal) => sync.opened(signal),
    health: () => ({ silentMs: 0, silentMaxMs: 1 }),
    subscribe: (handler) => {
      for (const object of store.list()) handler({ type: "added", object });
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    run: async () => {},
  };
  const put = (object: ReturnType<typeof aConfigMap>): void => {
    for (const delta of store.put(object)) for (const handler of handlers) handler(delta);
  };
  return { reflector, put, sync: sync.open, handlers };
};

const start = (
  options: Partial<ControllerOptions> & Pick<ControllerOptions, "reconcile">,
  source: Partial<Source<ConfigMap>> = {},
) => {
  const timers = createManualTimers();
  const fed = createFedReflector();
  const stop = new AbortController();
  const controller = createController({
    name: "test",
    sources: [{ reflector: fed.reflector, ...source }],
    timers,
    backoff: (attempt) => 1_000 * 2 ** attempt,
    ...options,
  });
  let ended = false;
  const running = controller.run(stop.signal).finally(() => {
    ended = true;
  });
  return { ...fed, timers, stop, controller, running, hasEnded: () => ended };
};

test("no work begins before the sources are complete", async () => {
  const seen: string[] = [];
  const { put, sync, controller, stop, running } = start({
    reconcile: async (name) => void seen.push(formatName(name)),
  });
  put(aConfigMap({ name: "a" }));
  await settle();
  expect([seen, controller.health().synced]).toEqual([[], false]);
  sync();
  await settle();
  expect([seen, controller.health().synced]).toEqual([["default/a"], true]);
  stop.abort();
  await running;
});

test("a failing name is tried again with growing delays, its error is known, and others go on", async () => {
  const tries: number[] = [];
  let healed = false;
  const done: string[] = [];
  const { put, sync, controller, timers, stop, running } = start({
    reconcile: async ({ name }) => {
      if (name === "bad") tries.push(timers.monotonicMs());
      else done.push(name);
      if (name === "bad" && !healed) throw new Error("boom");
    },
  });
  sync();
  await settle();
  put(aConfigMap({ name: "bad" }));
  put(aConfigMap({ name: "good" }));
  await timers.advance(7_000);
  expect(tries.map((ms) => ms - (tries[0] ?? 0))).toEqual([0, 1_000, 3_000, 7_000]);
  expect(done).toEqual(["good"]);
  const name: ObjectName = { namespace: "default", name: "bad" };
  expect(String(controller.lastError(name))).toBe("Error: boom");
  healed = true;
  await timers.advance(8_000);
  expect([tries.length, controller.lastError(name)]).toEqual([5, null]);
  await timers.advance(100_000);
  expect(tries.length).toBe(5);
  stop.abort();
  await running;
});

test("an API server that asks to wait is waited for", async () => {
  let tries = 0;
  const { put, sync, timers, stop, running } = start({
    reconcile: async () => {
      tries += 1;
      throw new KubeError({ status: 429, reason: "TooManyRequests", message: "slow down", retryAfterMs: 30_000 });
    },
  });
  put(aConfigMap());
  sync();
  await timers.advance(29_999);
  expect(tries).toBe(1);
  await timers.advance(1);
  expect(tries).toBe(2);
  stop.abort();
  await running;
});

test("a name is looked at again when reconcile asked for it", async () => {
  let runs = 0;
  const { put, sync, timers, stop, running } = start({
    reconcile: async () => {
      runs += 1;
      return { requeueAfterMs: 60_000 };
    },
  });
  put(aConfigMap());
  sync();
  await timers.advance(3 * 60_000);
  expect(runs).toBe(4);
  stop.abort();
  await running;
});

test("at most so many work at once, and never two on one name", async () => {
  const running = new Set<string>();
  let most = 0;
  let doubled = false;
  const finish: (() => void)[] = [];
  const started = start({
    concurrency: 2,
    reconcile: async ({ name }) => {
      doubled ||= running.has(name);
      running.add(name);
      most = Math.max(most, running.size);
      await new Promise<void>((resolve) => finish.push(resolve));
      running.delete(name);
    },
  });
  started.sync();
  await settle();
  for (let round = 0; round < 20; round += 1) {
    for (const name of ["a", "b", "c"]) started.put(aConfigMap({ name, uid: name }));
    await settle();
    expect(started.controller.health().activeWorkers).toBe(running.size);
    finish.shift()?.();
    await settle();
  }
  expect([most, doubled]).toEqual([2, false]);
  started.stop.abort();
  for (const end of finish) end();
  await started.running;
});

test("on a stop running work may end, waiting work is dropped, and no handler is left", async () => {
  const ended: string[] = [];
  let finish = (): void => {};
  const started = start({
    concurrency: 1,
    reconcile: async ({ name }, { signal }) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      ended.push(`${name} ${signal.aborted}`);
    },
  });
  started.put(aConfigMap({ name: "a" }));
  started.put(aConfigMap({ name: "b" }));
  started.sync();
  await settle();
  started.stop.abort();
  await settle();
  expect(started.hasEnded()).toBe(false);
  finish();
  await started.running;
  expect([ended, started.handlers.size, started.timers.pending]).toEqual([["a false"], 0, 0]);
});

test("work that does not end within the drain bound is told to, and waited for no longer", async () => {
  let told = false;
  const started = start({
    drainMs: 5_000,
    reconcile: (_, { signal }) =>
      new Promise(() =>
        signal.addEventListener("abort", () => {
          told = true;
        }),
      ),
  });
  started.put(aConfigMap());
  started.sync();
  await settle();
  started.stop.abort();
  await started.timers.advance(4_999);
  expect([told, started.hasEnded()]).toEqual([false, false]);
  await started.timers.advance(1);
  await started.running;
  expect(told).toBe(true);
});

test("a stop before the sources are complete ends at once", async () => {
  const started = start({ reconcile: async () => {} });
  started.stop.abort();
  await started.running;
});

test("a change concerns the names of the old object and of the new one, unless the predicate says no", async () => {
  const seen: string[] = [];
  const teamOf = ({ metadata }: ConfigMap): string => metadata.labels?.["team"] ?? "";
  const started = start(
    { reconcile: async (name) => void seen.push(formatName(name)) },
    {
      toNames: (object) => [{ name: teamOf(object) }],
      predicate: (delta) => delta.type !== "updated" || teamOf(delta.old) !== teamOf(delta.object),
    },
  );
  started.sync();
  await settle();
  const change = (team: string) => started.put(aConfigMap({ name: "a", uid: "1", labels: { team } }));
  change("red");
  await settle();
  change("red");
  await settle();
  change("blue");
  await settle();
  expect(seen).toEqual(["red", "blue", "red"]);
  started.stop.abort();
  await started.running;
});

test("a worker that is stuck shows in the health", async () => {
  const started = start({ drainMs: 1, reconcile: () => new Promise(() => {}) });
  started.put(aConfigMap());
  started.sync();
  await started.timers.advance(90_000);
  expect(started.controller.health()).toEqual({ synced: true, activeWorkers: 1, longestRunningMs: 90_000 });
  started.stop.abort();
  await started.timers.advance(1);
  await started.running;
});

test("work that heeds its time limit is given up, counts as failed, and is tried again", async () => {
  const reasons: unknown[] = [];
  const started = start({
    reconcileTimeoutMs: 5_000,
    reconcile: (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    onError: (_, error) => reasons.push(error),
  });
  started.put(aConfigMap());
  started.sync();
  await started.timers.advance(4_999);
  expect(reasons).toEqual([]);
  await started.timers.advance(1);
  expect(String(reasons[0])).toContain("not done within 5000 ms");
  await started.timers.advance(1_000);
  expect(started.controller.health().activeWorkers).toBe(1);
  started.stop.abort();
  await started.timers.advance(20_000);
  await started.running;
});

test("one that always fails and one that never ends stop nobody else, in their namespace or another", async () => {
  const done: string[] = [];
  const started = start({
    concurrency: 3,
    groupConcurrency: 2,
    drainMs: 1,
    reconcile: async ({ namespace, name }) => {
      if (name === "never") await new Promise(() => {});
      if (name === "fails") throw new Error("poisoned");
      done.push(`${namespace}/${name}`);
    },
  });
  for (const name of ["never", "fails", "a", "b"]) started.put(aConfigMap({ namespace: "poisoned", name }));
  started.put(aConfigMap({ namespace: "other", name: "c" }));
  started.sync();
  await started.timers.advance(60_000);
  expect(done.toSorted()).toEqual(["other/c", "poisoned/a", "poisoned/b"]);
  expect(started.controller.health().longestRunningMs).toBe(60_000);
  started.stop.abort();
  await started.timers.advance(1);
  await started.running;
});

test("after a start what was there waits its turn, each once; what changes meanwhile goes at once", async () => {
  const seen: string[] = [];
  const wait: Readonly<Record<string, number>> = { soon: 0, later: 30_000, changed: 50_000 };
  const started = start({
    initialDelayMs: ({ name }) => wait[name] ?? 0,
    reconcile: async ({ name }) => void seen.push(name),
  });
  for (const name of ["soon", "later", "changed"]) started.put(aConfigMap({ name, uid: name }));
  started.sync();
  await started.timers.advance(1_000);
  expect(seen).toEqual(["soon"]);
  started.put(aConfigMap({ name: "changed", uid: "changed" }));
  started.put(aConfigMap({ name: "new" }));
  await settle();
  expect(seen).toEqual(["soon", "changed", "new"]);
  await started.timers.advance(29_000);
  expect(seen).toEqual(["soon", "changed", "new", "later"]);
  started.stop.abort();
  await started.running;
});

test("the metrics have the usual names and count what happened", async () => {
  const registry = new Registry();
  const metrics = createRuntimeMetrics(registry);
  let runs = 0;
  const started = start({
    metrics: { queue: metrics.queue("test"), controller: metrics.controller("test") },
    reconcile: async () => {
      runs += 1;
      if (runs === 1) throw new Error("boom");
      return runs === 2 ? { requeueAfterMs: 10 } : undefined;
    },
  });
  started.put(aConfigMap());
  started.sync();
  await started.timers.advance(5_000);
  metrics.onRequest({ method: "GET", host: "10.0.0.1:6443", status: 200, durationMs: 1 });
  metrics.onRequest({ method: "GET", host: "10.0.0.1:6443", status: 0, durationMs: 1 });
  metrics.leader("lease").leading(true);
  started.stop.abort();
  await started.running;
  const lines = (await registry.metrics())
    .split("\n")
    .filter((line) => !line.startsWith("#") && !line.includes("_bucket"));
  expect(lines).toEqual(
    expect.arrayContaining([
      'controller_runtime_reconcile_total{controller="test",result="error"} 1',
      'controller_runtime_reconcile_total{controller="test",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="test",result="success"} 1',
      'controller_runtime_reconcile_errors_total{controller="test"} 1',
      'controller_runtime_reconcile_time_seconds_count{controller="test"} 3',
      'controller_runtime_active_workers{controller="test"} 0',
      'workqueue_depth{name="test"} 0',
      'workqueue_adds_total{name="test"} 3',
      'workqueue_retries_total{name="test"} 1',
      'workqueue_queue_duration_seconds_count{name="test"} 3',
      'workqueue_work_duration_seconds_count{name="test"} 3',
      'workqueue_unfinished_work_seconds{name="test"} 0',
      'workqueue_longest_running_processor_seconds{name="test"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="test"} 4',
      'rest_client_requests_total{code="200",method="GET",host="10.0.0.1:6443"} 1',
      'rest_client_requests_total{code="<error>",method="GET",host="10.0.0.1:6443"} 1',
      'leader_election_master_status{name="lease"} 1',
    ]),
  );
});
