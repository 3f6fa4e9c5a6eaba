import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { startFedController as start } from "../test/fed-controller.ts";
import { aConfigMap } from "../test/objects.ts";
import { createRuntimeMetrics } from "./metrics.ts";

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
