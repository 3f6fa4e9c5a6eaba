import fc from "fast-check";
import { expect, test } from "vitest";

import { createRetryBudget } from "./retry-budget.ts";

test("in any stretch of time, retries stay below the share of the calls, the floor and one full purse", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant("call" as const) },
    { weight: 3, arbitrary: fc.constant("retry" as const) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 120_000 }) },
  );
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 20 }),
      fc.array(step, { maxLength: 300 }),
      (share, floorPerMinute, steps) => {
        let nowMs = 0;
        const budget = createRetryBudget({ share, floorPerMinute }, () => nowMs);
        const log = [{ nowMs, calls: 0, retries: 0 }];
        let calls = 0;
        let retries = 0;
        for (const it of steps) {
          if (it === "call") {
            budget.earn();
            calls++;
          } else if (it === "retry") {
            if (budget.spend()) retries++;
          } else nowMs += it;
          log.push({ nowMs, calls, retries });
        }
        for (const [index, from] of log.entries()) {
          for (const to of log.slice(index)) {
            const floor = (floorPerMinute * (to.nowMs - from.nowMs)) / 60_000;
            const allowed = share * (to.calls - from.calls) + floor + Math.max(1, floorPerMinute);
            expect(to.retries - from.retries).toBeLessThanOrEqual(allowed + 1e-6);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

test("a quiet service gets its floor back with time", () => {
  let nowMs = 0;
  const budget = createRetryBudget({ share: 0, floorPerMinute: 2 }, () => nowMs);
  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  nowMs = 30_000;
  expect([budget.spend(), budget.spend()]).toEqual([true, false]);
  nowMs = 10 * 60_000;
  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
});
