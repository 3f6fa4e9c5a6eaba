import { expect, test } from "vitest";

import { createStage } from "../../test/rate-limit/stage.ts";
import { type DrawPolicy, sharedDrawPolicy } from "./draw-plan.ts";
import { createGathering } from "./gathering.ts";

const KEYS = 40;

/** When the database is read for hot keys that began at different moments, once all of them are known to be hot. */
const readsOfHotKeys = async (policy: DrawPolicy): Promise<readonly number[]> => {
  const readAtMs: number[] = [];
  const stage = createStage({
    policy,
    conditions: {
      fate: (statement) => {
        if (statement === "read") readAtMs.push(stage.time.nowMs());
        return "arrives";
      },
    },
  });
  for (let nowMs = 0; nowMs < 8000; nowMs += 4) {
    for (let key = 0; key < KEYS; key++) {
      if (nowMs > key * 77) void stage.replicas[0]?.limiter.take(`key ${key}`, 1_000_000);
    }
    await stage.time.runUntil(nowMs);
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
