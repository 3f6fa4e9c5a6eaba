import { expect, test } from "vitest";
import { startFedController as start } from "../test/fed-controller.ts";
import { settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";
import { KubeError } from "./kube-error.ts";
import type { ObjectName } from "./object-name.ts";

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
