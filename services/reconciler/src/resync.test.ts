import fc from "fast-check";
import { expect, test } from "vitest";

import { createResync } from "./resync.ts";

test("a few ApiKeys are looked at once in a period, spread over a fifth of it", () => {
  const after = (random: number) =>
    createResync({ resyncMs: 60_000, looksPerSecond: 20 }, { size: 1_200 }, () => random);
  expect([0, 0.5, 1].map((random) => after(random).nextMs())).toEqual([54_000, 60_000, 66_000]);
  expect([0, 0.5].map((random) => after(random).firstMs())).toEqual([0, 30_000]);
});

test("however many there are, all together are looked at about so often as is allowed, and never sooner than the period", () => {
  const settings = fc.record({
    resyncMs: fc.integer({ min: 1_000, max: 600_000 }),
    looksPerSecond: fc.integer({ min: 1, max: 1_000 }),
  });
  fc.assert(
    fc.property(settings, fc.nat({ max: 1_000_000 }), (given, size) => {
      const { nextMs, firstMs } = createResync(given, { size }, () => 0.5);
      expect((size / nextMs()) * 1000).toBeLessThanOrEqual(given.looksPerSecond + 1e-6);
      expect(nextMs()).toBeGreaterThanOrEqual(given.resyncMs);
      expect(firstMs()).toBe(nextMs() / 2);
    }),
  );
});

test("the period follows the number of ApiKeys", () => {
  const apiKeys = { size: 10_000 };
  const { nextMs } = createResync({ resyncMs: 60_000, looksPerSecond: 20 }, apiKeys, () => 0.5);
  expect(nextMs()).toBe(500_000);
  apiKeys.size = 10;
  expect(nextMs()).toBe(60_000);
});
