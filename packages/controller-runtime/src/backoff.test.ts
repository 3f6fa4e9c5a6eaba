import fc from "fast-check";
import { expect, test } from "vitest";
import { fullJitter, halfJitter } from "./backoff.ts";

const attempts = fc.nat({ max: 10_000 });
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("full jitter stays between zero and the exponential ceiling", () => {
  fc.assert(
    fc.property(attempts, unit, (attempt, random) => {
      const delayMs = fullJitter({ baseMs: 100, maxMs: 5_000, random: () => random })(attempt);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(Math.min(5_000, 100 * 2 ** attempt));
    }),
  );
});

test("half jitter never comes back at once", () => {
  fc.assert(
    fc.property(attempts, unit, (attempt, random) => {
      const delayMs = halfJitter({ baseMs: 100, maxMs: 5_000, random: () => random })(attempt);
      const ceilingMs = Math.min(5_000, 100 * 2 ** attempt);
      expect(delayMs).toBeGreaterThanOrEqual(ceilingMs / 2);
      expect(delayMs).toBeLessThanOrEqual(ceilingMs);
    }),
  );
});
