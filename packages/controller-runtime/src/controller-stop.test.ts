import { expect, test } from "vitest";
import { startFedController as start } from "../test/fed-controller.ts";
import { settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";

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
