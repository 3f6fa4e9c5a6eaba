import fc from "fast-check";
import { expect, test } from "vitest";

import { type DrawSituation, lowMark, planDraw, sharedDrawPolicy, soleDrawPolicy } from "./draw-plan.ts";
import type { RateRow } from "./rate-row.ts";
import { admitsAtMs, mayComeBackAtMs, permitsFree } from "./window-view.ts";

const aRow = (...counts: RateRow["counts"]): RateRow => ({ era: 0, clockMs: 1_000_000, counts });
const steady = (perSecond: number) => ({ perSecond, peakPerSecond: perSecond });
const aSituation = (change: Partial<DrawSituation> = {}): DrawSituation => ({
  row: aRow(),
  inHand: 0,
  limit: 1000,
  costs: [1],
  demand: steady(0),
  policy: sharedDrawPolicy,
  ...change,
});

test("a draw never takes more than the window admits, and nothing when it serves nobody", () => {
  const situations = fc.record({
    row: fc.nat({ max: 300 }).map((spent) => aRow({ slot: 41_000, spent, held: 0 })),
    inHand: fc.nat({ max: 100 }),
    limit: fc.integer({ min: 1, max: 200 }),
    costs: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 50 }),
    demand: fc.double({ min: 0, max: 1e5, noNaN: true }).map(steady),
    policy: fc.constantFrom(sharedDrawPolicy, soleDrawPolicy),
  });
  fc.assert(
    fc.property(situations, (situation) => {
      const { served, needed, ahead } = planDraw(situation);
      const free = Math.max(0, permitsFree(situation.row, situation.limit) - situation.inHand);
      expect(needed + ahead).toBeLessThanOrEqual(free);
      expect(needed).toBe(situation.costs.reduce((sum, cost, index) => sum + (served[index] === true ? cost : 0), 0));
      expect(served).toHaveLength(situation.costs.length);
      if (needed === 0 && situation.costs.length > 0) expect(ahead).toBe(0);
    }),
  );
});

test("a request that does not fit takes nothing from those behind it", () => {
  const plan = planDraw(aSituation({ limit: 10, costs: [8, 5, 2, 1] }));
  expect(plan.served).toEqual([true, false, true, false]);
});

test("a slow key draws what is asked for, and nothing ahead", () => {
  expect(planDraw(aSituation({ demand: steady(2) })).ahead).toBe(0);
});

test("a hot key draws for some time ahead, less when others hold permits, and less when little is left", () => {
  const hot = aSituation({ limit: 31_000, demand: steady(500) });
  expect(planDraw(hot).ahead).toBe(200);
  expect(planDraw({ ...hot, row: aRow({ slot: 41_000, spent: 30_000, held: 1 }) }).ahead).toBe(124);
  expect(planDraw({ ...hot, row: aRow({ slot: 41_000, spent: 30_900, held: 1 }) }).ahead).toBe(50);
});

test("a burst draws no more ahead than the limit lets through in the long run: others may need it", () => {
  const burst = { demand: steady(500) };
  expect(planDraw(aSituation({ ...burst, limit: 60 })).ahead).toBe(0);
  expect(planDraw(aSituation({ ...burst, limit: 1000 })).ahead).toBe(6);
  expect(planDraw(aSituation({ ...burst, limit: 1000, policy: soleDrawPolicy })).ahead).toBe(500);
});

test("a hot key far below its limit draws for longer ahead, as soon as it becomes hot", () => {
  const plentiful = { limit: 64_000, demand: { perSecond: 3, peakPerSecond: 500 } };
  expect(planDraw(aSituation(plentiful))).toMatchObject({ ahead: 800, holdMs: 2000 });
  expect(planDraw(aSituation({ ...plentiful, limit: 16_000 }))).toMatchObject({ ahead: 1, holdMs: 1000 });
  expect(planDraw(aSituation({ ...plentiful, demand: { perSecond: 1, peakPerSecond: 10 } })).ahead).toBe(0);
});

test("the next permits are drawn in time before the last ones are spent, where they last", () => {
  const mark = (ahead: number, perSecond: number) =>
    lowMark({ ahead, demand: steady(perSecond), policy: sharedDrawPolicy, answerMs: 10 });
  expect(mark(400, 1000)).toBe(136);
  expect(mark(10, 50)).toBe(5);
  expect(mark(8, 40)).toBe(4);
  expect(mark(7, 10)).toBe(-1);
  expect(mark(100, 1000)).toBe(-1);
});

test("before anybody waits, only what lasts is drawn", () => {
  const unasked = aSituation({ limit: 31_000, costs: [], demand: steady(500) });
  expect(planDraw(unasked).ahead).toBe(200);
  expect(planDraw({ ...unasked, inHand: 30_995 }).ahead).toBe(0);
});

test("the only process draws a part of what is free even for a slow key", () => {
  expect(planDraw(aSituation({ policy: soleDrawPolicy })).ahead).toBe(62);
});

test("the window admits a cost when enough has left it", () => {
  const row = aRow({ slot: 41_000, spent: 3, held: 0 }, { slot: 42_000, spent: 3, held: 1 });
  expect(admitsAtMs(row, 10, 3)).toBe(row.clockMs);
  expect(admitsAtMs(row, 10, 6)).toBe(41_000 * 25);
  expect(admitsAtMs(row, 10, 7)).toBe(42_000 * 25);
  expect(admitsAtMs(row, 2, 1)).toBe(42_000 * 25);
});

test("permits that may come back are asked for when their lease ends, then ever more seldom", () => {
  const row = (clockMs: number): RateRow => ({ era: 0, clockMs, counts: [{ slot: 42_480, spent: 0, held: 1 }] });
  const endMs = 42_480 * 25 - 60_050;
  expect(mayComeBackAtMs(row(endMs - 1000))).toBe(endMs + 150);
  expect(mayComeBackAtMs(row(endMs + 200))).toBe(endMs + 400);
  expect(mayComeBackAtMs(row(endMs + 8000))).toBe(endMs + 16_000);
  expect(mayComeBackAtMs(aRow({ slot: 42_480, spent: 1, held: 0 }))).toBe(Number.POSITIVE_INFINITY);
});
