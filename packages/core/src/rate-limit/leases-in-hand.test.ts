import { expect, test } from "vitest";

import { permitsLeft, settleAtMs, spendFrom } from "./leases-in-hand.ts";
import { createPermitLease } from "./permit-lease.ts";

const aLease = (terms: { limit?: number; ahead?: number; sentMs?: number } = {}) =>
  createPermitLease({
    limit: 60,
    needed: 0,
    ahead: 10,
    sentMs: 0,
    lifeMs: 1000,
    row: { era: 0, clockMs: 1_000_000, counts: [] },
    ...terms,
  });

test("what was drawn first is spent first, and nothing of it lies idle beside a request that costs more", () => {
  const leases = [aLease({ ahead: 3 }), aLease({ sentMs: 500 })];
  expect(spendFrom(leases, { limit: 60, cost: 2 }, 600)).toBe(true);
  expect(leases.map(({ left }) => left)).toEqual([1, 10]);
  expect(spendFrom(leases, { limit: 60, cost: 5 }, 600)).toBe(true);
  expect(leases.map(({ left }) => left)).toEqual([0, 6]);
});

test("a request takes all that it costs, or nothing", () => {
  const leases = [aLease({ ahead: 3 }), aLease({ ahead: 4 })];
  expect(spendFrom(leases, { limit: 60, cost: 8 }, 600)).toBe(false);
  expect(permitsLeft(leases)).toBe(7);
});

test("nothing is spent of what has ended, or was drawn under a higher limit", () => {
  const leases = [aLease({ ahead: 3 }), aLease({ sentMs: 500, limit: 100 }), aLease({ sentMs: 500, ahead: 2 })];
  expect(spendFrom(leases, { limit: 60, cost: 3 }, 1200)).toBe(false);
  expect(spendFrom(leases, { limit: 60, cost: 2 }, 1200)).toBe(true);
  expect(leases.map(({ left }) => left)).toEqual([3, 10, 0]);
});

test("they are settled when the first of them ends that is not all spent, or the last", () => {
  const leases = [aLease({ ahead: 3 }), aLease({ sentMs: 500 })];
  expect(settleAtMs(leases)).toBe(1000);
  spendFrom(leases, { limit: 60, cost: 3 }, 600);
  expect(settleAtMs(leases)).toBe(1500);
  spendFrom(leases, { limit: 60, cost: 10 }, 600);
  expect(settleAtMs(leases)).toBe(1500);
  expect(settleAtMs([aLease({ ahead: 0 })])).toBe(Number.POSITIVE_INFINITY);
});
