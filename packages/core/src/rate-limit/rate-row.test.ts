import fc from "fast-check";
import { expect, test } from "vitest";

import { SLOT_MS, slotEndMs } from "./count-slot.ts";
import { addCounts, decodeRateRow, encodeRateRow, type RateRow, rowAt } from "./rate-row.ts";

const rows: fc.Arbitrary<RateRow> = fc
  .record({
    era: fc.nat({ max: 1000 }),
    clockMs: fc.integer({ min: 0, max: 2 ** 44 }),
    counts: fc.uniqueArray(
      fc.record({
        step: fc.integer({ min: 1, max: 3400 }),
        spent: fc.integer({ min: 1, max: 1e6 }),
        held: fc.nat({ max: 1e6 }),
      }),
      { selector: ({ step }) => step, maxLength: 380 },
    ),
  })
  .map(({ era, clockMs, counts }) => ({
    era,
    clockMs,
    counts: counts
      .sort((a, b) => a.step - b.step)
      .map(({ step, spent, held }) => ({ slot: Math.floor(clockMs / SLOT_MS) + step, spent, held })),
  }));

test("what is stored is read back", () => {
  fc.assert(
    fc.property(rows, (row) => {
      expect(decodeRateRow(encodeRateRow(row))).toEqual(row);
    }),
  );
});

test("a row fits its column, however hot the key is", () => {
  // In each slot until the row is large enough, then in each tenth, until a window after the end of the longest lease.
  const fine = Array.from({ length: 160 }, (_, index) => index);
  const coarse = Array.from({ length: 345 }, (_, index) => 160 + index * 10);
  const counts = [...fine, ...coarse].map((step) => ({ slot: 72_000_000_001 + step, spent: 25_000, held: 25_000 }));
  expect(encodeRateRow({ era: 1000, clockMs: 1.8e12, counts }).length).toBeLessThan(8192);
});

test.each(["", "3 0 0", "1", "1 0", "2 0 x!", "2 0 0 1", "2 0 0 1.-2", "2 0 0 1.2.", "2 0 0 1.02"])(
  "what no replica wrote is not guessed at: %o",
  (text) => {
    expect(() => decodeRateRow(text)).toThrow(/stored counts/);
  },
);

test("a row that was written in slots of a quarter of a second is still read", () => {
  const clockMs = 1_000_100;
  const text = `1 3 ${clockMs.toString(36)} 2.5 1.1.7`;
  const counts = [
    { slot: 40_020, spent: 5, held: 0 },
    { slot: 40_030, spent: 1, held: 7 },
  ];
  expect(decodeRateRow(text)).toEqual({ era: 3, clockMs, counts });
});

test("nothing counts shorter because the database's clock went back", () => {
  fc.assert(
    fc.property(rows, fc.nat({ max: 10_000_000 }), (row, backMs) => {
      const before = row.counts.map(({ slot }) => slotEndMs(slot) - row.clockMs).filter((leftMs) => leftMs > 0);
      const nowMs = row.clockMs - backMs;
      fc.pre(nowMs >= 0);
      const after = rowAt(row, nowMs).counts.map(({ slot }) => slotEndMs(slot) - nowMs);
      expect(after).toHaveLength(before.length);
      for (const [index, leftMs] of after.entries()) expect(leftMs).toBeGreaterThanOrEqual(before[index] as number);
    }),
  );
});

test("after a large step back nothing counts longer than by a slot", () => {
  const row = { era: 3, clockMs: 10_000_000, counts: [{ slot: 402_400, spent: 5, held: 0 }] };
  const after = rowAt(row, 10_000_000 - 3_600_100);
  expect(after).toMatchObject({ era: 4, clockMs: 6_399_900 });
  expect(slotEndMs(after.counts[0]?.slot ?? 0) - after.clockMs).toBeLessThan(60_000 + SLOT_MS);
});

test("a count leaves the window at its slot's end, not before", () => {
  const row = { era: 0, clockMs: 1000, counts: [{ slot: 41, spent: 1, held: 0 }] };
  expect(rowAt(row, 1024).counts).toHaveLength(1);
  expect(rowAt(row, 1025).counts).toHaveLength(0);
});

test("what is added counts in its slot, and slots stay in their order", () => {
  const changes = fc.array(
    fc.record({
      step: fc.integer({ min: 0, max: 400 }),
      spent: fc.integer({ min: 0, max: 9 }),
      held: fc.integer({ min: 0, max: 9 }),
    }),
  );
  fc.assert(
    fc.property(rows, changes, (row, steps) => {
      const first = Math.floor(row.clockMs / SLOT_MS);
      const added = steps.map(({ step, spent, held }) => ({ slot: first + step, spent, held }));
      const { counts, ...rest } = addCounts(row, added);
      expect({ ...rest, counts: row.counts }).toEqual(row);
      const slots = [...new Set([...row.counts, ...added].map(({ slot }) => slot))].sort((a, b) => a - b);
      const sums = slots.map((slot) => {
        const ofSlot = [...row.counts, ...added].filter((count) => count.slot === slot);
        const sum = (part: "spent" | "held") => ofSlot.reduce((total, count) => total + count[part], 0);
        return { slot, spent: sum("spent"), held: sum("held") };
      });
      expect(counts).toEqual(sums.filter(({ spent, held }) => spent + held > 0));
    }),
  );
});

test("a count that falls to nothing is gone", () => {
  const row = { era: 0, clockMs: 0, counts: [{ slot: 8, spent: 1, held: 2 }] };
  expect(addCounts(row, [{ slot: 8, spent: -1, held: -2 }]).counts).toEqual([]);
});
