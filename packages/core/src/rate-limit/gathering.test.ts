import { expect, test } from "vitest";

import { createMemoryRateStore } from "../../test/rate-limit/memory-store.ts";
import { createVirtualTime } from "../../test/rate-limit/virtual-time.ts";
import { type DrawPolicy, sharedDrawPolicy } from "./draw-plan.ts";
import { createGathering } from "./gathering.ts";
import { createLeasedRateLimiter } from "./leased-limiter.ts";

const KEYS = 40;

/** When the database is read for hot keys that began at different moments, once all of them are known to be hot. */
const readsOfHotKeys = async (policy: DrawPolicy): Promise<readonly number[]> => {
  const time = createVirtualTime();
  const memory = createMemoryRateStore(() => 1_000_000 + time.nowMs());
  const readAtMs: number[] = [];
  const limiter = createLeasedRateLimiter({
    store: {
      read: (keyId) => {
        readAtMs.push(time.nowMs());
        return memory.read(keyId);
      },
      write: (change) => memory.write(change),
    },
    monotonicMs: () => time.nowMs(),
    random: () => 0,
    schedule: (delayMs, run) => {
      let isCancelled = false;
      time.at(time.nowMs() + delayMs, () => {
        if (!isCancelled) run();
      });
      return () => {
        isCancelled = true;
      };
    },
    policy,
  });
  for (let nowMs = 0; nowMs < 8000; nowMs += 4) {
    for (let key = 0; key < KEYS; key++) if (nowMs > key * 77) void limiter.take(`key ${key}`, 1_000_000);
    await time.runUntil(nowMs);
  }
  return readAtMs.filter((ms) => ms > 4000);
};

test("draws of several keys that nobody waits for go to the database in the same turns", async () => {
  const apart = await readsOfHotKeys({ ...sharedDrawPolicy, gatherMs: 0 });
  const together = await readsOfHotKeys(sharedDrawPolicy);
  expect(together.length).toBeLessThan(apart.length * 1.3);
  expect(new Set(together).size).toBeLessThan(new Set(apart).size / 2);
});

test("what is given while others are about to run runs with them, and what is given by them runs later", () => {
  const scheduled: (() => void)[] = [];
  const ran: string[] = [];
  const gather = createGathering((_, run) => {
    scheduled.push(run);
    return () => {};
  }, 10);
  gather(() => {
    ran.push("first");
    gather(() => ran.push("third"));
  });
  gather(() => ran.push("second"));
  expect(scheduled).toHaveLength(1);
  scheduled[0]?.();
  expect(ran).toEqual(["first", "second"]);
  scheduled[1]?.();
  expect(ran).toEqual(["first", "second", "third"]);
});
