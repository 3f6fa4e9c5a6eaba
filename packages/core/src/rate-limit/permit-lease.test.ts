import { expect, test } from "vitest";

import { latestSpendMs, slotEndMs, slotOfSpend } from "./count-slot.ts";
import { createPermitLease, leaseCount, settleLease, spend } from "./permit-lease.ts";
import { WINDOW_MS } from "./rate-decision.ts";
import { addCounts, type RateRow } from "./rate-row.ts";
import { permitsCounted } from "./window-view.ts";

const row: RateRow = { era: 7, clockMs: 1_000_000, counts: [] };
const aLease = (terms: { needed?: number; ahead?: number; row?: RateRow } = {}) =>
  createPermitLease({ limit: 60, needed: 1, ahead: 9, sentMs: 500, lifeMs: 1200, row, ...terms });

test("a lease counts until a window after the last moment at which it can be spent", () => {
  const lease = aLease();
  expect(spend(lease, 1, 500 + 1199.9)).toBe(true);
  expect(spend(lease, 1, 500 + 1200)).toBe(false);
  expect(slotEndMs(lease.slot)).toBeGreaterThanOrEqual(row.clockMs + 1200 + WINDOW_MS);
  expect(latestSpendMs(lease.slot)).toBeGreaterThanOrEqual(row.clockMs + 1200);
});

test("a lease has as many permits as were drawn", () => {
  const lease = aLease({ needed: 1, ahead: 2 });
  expect([spend(lease, 2, 600), spend(lease, 2, 600), spend(lease, 1, 600), spend(lease, 1, 600)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test("a settled lease counts what it spent, from when it spent it", () => {
  const lease = aLease();
  spend(lease, 3, 510);
  spend(lease, 2, 1400);
  const others = { slot: lease.slot, spent: 4, held: 4 };
  const settled = settleLease(addCounts(row, [others, leaseCount(lease)]), lease);
  expect(settled.counts).toEqual([
    { slot: slotOfSpend(row.clockMs + 10, 1), spent: 3, held: 0 },
    { slot: slotOfSpend(row.clockMs + 900, 1), spent: 2, held: 0 },
    others,
  ]);
});

test("a lease is not settled in slots that were renumbered since", () => {
  const lease = aLease();
  const renumbered = { ...addCounts(row, [leaseCount(lease)]), era: 8 };
  expect(settleLease(renumbered, lease)).toBe(renumbered);
});

test("a lease is not settled when it has left the window: others may count at that time", () => {
  const lease = aLease();
  const later = { ...row, clockMs: slotEndMs(lease.slot), counts: [{ slot: lease.slot + 1, spent: 10, held: 10 }] };
  expect(settleLease(later, lease)).toBe(later);
});

test("permits that the row does not count are not given back", () => {
  const lease = aLease();
  const foreign = addCounts(row, [{ slot: lease.slot, spent: 0, held: 5 }]);
  expect(permitsCounted(settleLease(foreign, lease))).toBe(5);
});
