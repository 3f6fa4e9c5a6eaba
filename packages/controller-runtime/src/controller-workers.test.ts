import { expect, test } from "vitest";
import { startFedController as start } from "../test/fed-controller.ts";
import { settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";

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
