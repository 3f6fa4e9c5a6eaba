import fc from "fast-check";
import { expect, test } from "vitest";

import { latestSpendMs, SLOT_MS, slotOfSpend } from "./count-slot.ts";
import { createPermitLease, leaseCount, settleLease, spend } from "./permit-lease.ts";
import { addCounts, encodeRateRow, type RateRow, rowAt } from "./rate-row.ts";

test("a permit counts no shorter than a window and the clocks' margin, and longer by less than a step of slots", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 42 }), fc.constantFrom(1, 10), (spentMs, step) => {
      const slot = slotOfSpend(spentMs, step);
      expect(slot % step).toBe(0);
      expect(latestSpendMs(slot)).toBeGreaterThanOrEqual(spentMs);
      expect(latestSpendMs(slot) - spentMs).toBeLessThan(step * SLOT_MS);
    }),
  );
});

test("the row of a key that is asked for at each millisecond stays small", () => {
  const limit = 1_000_000;
  let row: RateRow = { era: 0, clockMs: 1.8e12, counts: [] };
  let longest = 0;
  for (let atMs = 0; atMs < 130_000; atMs += 100) {
    row = rowAt(row, 1.8e12 + atMs);
    const lease = createPermitLease({ row, limit, needed: 1, ahead: 1600, sentMs: atMs, lifeMs: 2000 });
    row = addCounts(row, [leaseCount(lease)]);
    for (let passedMs = 0; passedMs < 100; passedMs++) spend(lease, 16, atMs + passedMs);
    row = settleLease(row, lease);
    longest = Math.max(longest, encodeRateRow(row).length);
  }
  expect(longest).toBeLessThan(5000);
});
