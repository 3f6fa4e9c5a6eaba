import fc from "fast-check";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { createManualTimers, settle } from "../test/manual-timers.ts";
import { createRuntimeMetrics } from "./metrics.ts";
import { createWorkQueue, type WorkItem } from "./work-queue.ts";

const take = async (queue: ReturnType<typeof createWorkQueue>): Promise<WorkItem> => {
  const item = await queue.next();
  if (item === null) throw new Error("The queue is shut down.");
  return item;
};

test("a key that is added many times waits once", async () => {
  const queue = createWorkQueue({ timers: createManualTimers() });
  for (let i = 0; i < 5; i += 1) queue.add("a");
  queue.add("b");
  expect(queue.depth).toBe(2);
  expect((await take(queue)).key).toBe("a");
  expect((await take(queue)).key).toBe("b");
});

test("a key that is added while a worker has it comes again, but only when that worker is done", async () => {
  const queue = createWorkQueue({ timers: createManualTimers() });
  queue.add("a");
  const first = await take(queue);
  queue.add("a");
  queue.add("a");
  const again = queue.next();
  await settle();
  expect(queue.depth).toBe(0);
  first.done();
  expect((await again)?.key).toBe("a");
  expect(queue.depth).toBe(0);
});

test("done counts once", async () => {
  const queue = createWorkQueue({ timers: createManualTimers() });
  queue.add("a");
  const first = await take(queue);
  queue.add("a");
  first.done();
  const second = await take(queue);
  first.done();
  queue.add("a");
  expect(queue.depth).toBe(0);
  second.done();
  expect(queue.depth).toBe(1);
});

test("of two delays of a key the earlier counts", async () => {
  const timers = createManualTimers();
  const queue = createWorkQueue({ timers });
  queue.addAfter("a", 500);
  queue.addAfter("a", 100);
  queue.addAfter("a", 900);
  await timers.advance(99);
  expect(queue.depth).toBe(0);
  await timers.advance(1);
  expect(queue.depth).toBe(1);
  (await take(queue)).done();
  await timers.advance(10_000);
  expect(queue.depth).toBe(0);
});

test("a delay of thirty days, beyond what a Node timer can do, is kept", async () => {
  const timers = createManualTimers();
  const queue = createWorkQueue({ timers });
  const thirtyDaysMs = 30 * 24 * 3_600_000;
  queue.addAfter("a", thirtyDaysMs);
  await timers.advance(thirtyDaysMs - 1);
  expect(queue.depth).toBe(0);
  await timers.advance(1);
  expect(queue.depth).toBe(1);
});

test("ten thousand waiting keys need one timer, and come in the order of their times", async () => {
  const timers = createManualTimers();
  const queue = createWorkQueue({ timers });
  for (let i = 0; i < 10_000; i += 1) queue.addAfter(String(i), ((i * 7_919) % 10_000) + 1);
  expect(timers.pending).toBe(1);
  await timers.advance(100);
  expect(queue.depth).toBe(100);
});

test("failures raise the delay until the key is forgotten", async () => {
  const timers = createManualTimers();
  const queue = createWorkQueue({ timers, backoff: (attempt) => 100 * 2 ** attempt });
  const delays: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const startMs = timers.monotonicMs();
    queue.addRateLimited("a");
    const item = queue.next();
    await timers.advance(100 * 2 ** i);
    (await item)?.done();
    delays.push(timers.monotonicMs() - startMs);
  }
  expect(delays).toEqual([100, 200, 400]);
  expect(queue.failures("a")).toBe(3);
  queue.forget("a");
  queue.addRateLimited("a");
  await timers.advance(100);
  expect(queue.depth).toBe(1);
});

test("a server's wish to wait longer is heard", async () => {
  const timers = createManualTimers();
  const queue = createWorkQueue({ timers, backoff: () => 5 });
  queue.addRateLimited("a", 1_000);
  await timers.advance(999);
  expect(queue.depth).toBe(0);
  await timers.advance(1);
  expect(queue.depth).toBe(1);
});

test("after shutdown nothing is given out, waiting workers end, and drained waits for the running one", async () => {
  const timers = createManualTimers();
  const queue = createWorkQueue({ timers });
  queue.add("a");
  const running = await take(queue);
  const idle = queue.next();
  queue.addAfter("b", 10);
  queue.shutdown();
  queue.add("c");
  queue.addAfter("d", 10);
  expect(await idle).toBeNull();
  expect(await queue.next()).toBeNull();
  let drained = false;
  const draining = queue.drained().finally(() => {
    drained = true;
  });
  await timers.advance(100);
  expect(drained).toBe(false);
  running.done();
  await draining;
  expect(timers.pending).toBe(0);
});

const groupOf = (key: string): string => key.split("/")[0] ?? "";

test("groups take turns: ten thousand keys of one do not keep another one's single key waiting", async () => {
  const queue = createWorkQueue({ timers: createManualTimers(), groupOf });
  for (let i = 0; i < 10_000; i += 1) queue.add(`crowd/${i}`);
  queue.add("quiet/a");
  queue.add("quiet/b");
  const order: string[] = [];
  for (let i = 0; i < 5; i += 1) order.push((await take(queue)).key);
  expect(order).toEqual(["crowd/0", "quiet/a", "crowd/1", "quiet/b", "crowd/2"]);
  expect(queue.depth).toBe(9_997);
});

test("of a group at most so many are at work; a worker that is free waits for another group", async () => {
  const queue = createWorkQueue({ timers: createManualTimers(), groupOf, groupConcurrency: 2 });
  for (let i = 0; i < 4; i += 1) queue.add(`crowd/${i}`);
  const first = await take(queue);
  await take(queue);
  const free = queue.next();
  const another = queue.next();
  await settle();
  expect(queue.depth).toBe(2);
  queue.add("quiet/a");
  expect((await free)?.key).toBe("quiet/a");
  first.done();
  expect((await another)?.key).toBe("crowd/2");
  expect(queue.depth).toBe(1);
});

type Step = { readonly do: "add" | "take" | "finish"; readonly key: string };
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("add", "take", "finish"),
  key: fc.constantFrom("a/1", "a/2", "a/3", "b/1"),
});

test("whatever happens, no two workers have a key, no group exceeds its bound, and every add is followed by work", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const queue = createWorkQueue({ timers: createManualTimers(), groupOf, groupConcurrency: 2 });
      const running = new Map<string, WorkItem>();
      const owed = new Set<string>();
      const atWorkWith = (key: string): number =>
        [...running.keys()].filter((other) => groupOf(other) === groupOf(key)).length;
      const mayStart = (): boolean => [...owed].some((key) => !running.has(key) && atWorkWith(key) < 2);
      const start = async (): Promise<void> => {
        const item = await take(queue);
        expect([running.has(item.key), atWorkWith(item.key) < 2]).toEqual([false, true]);
        running.set(item.key, item);
        owed.delete(item.key);
      };
      const finish = (key: string): void => {
        running.get(key)?.done();
        running.delete(key);
      };
      for (const { do: what, key } of steps) {
        if (what === "add") {
          queue.add(key);
          owed.add(key);
        } else if (what === "finish") finish(key);
        else if (mayStart()) await start();
      }
      while (running.size > 0 || mayStart()) {
        for (const key of running.keys()) finish(key);
        while (mayStart()) await start();
      }
      expect(owed.size).toBe(0);
    }),
  );
});

test("the metrics say at each scrape how long workers have what they have, in sum and at most", async () => {
  const timers = createManualTimers();
  const registry = new Registry();
  const queue = createWorkQueue({ timers, metrics: createRuntimeMetrics(registry).queue("test") });
  const scraped = async () =>
    (await registry.metrics()).split("\n").filter((line) => /^workqueue_(unfinished|longest)/.test(line));
  queue.add("a");
  const first = await queue.next();
  await timers.advance(3_000);
  queue.add("b");
  const second = await queue.next();
  await timers.advance(2_000);
  expect(await scraped()).toEqual([
    'workqueue_unfinished_work_seconds{name="test"} 7',
    'workqueue_longest_running_processor_seconds{name="test"} 5',
  ]);
  first?.done();
  expect((await scraped()).map((line) => line.split(" ")[1])).toEqual(["2", "2"]);
  second?.done();
  expect((await scraped()).map((line) => line.split(" ")[1])).toEqual(["0", "0"]);
});
