import fc from "fast-check";
import { expect, test } from "vitest";

import { parseDuration } from "./duration.ts";

test.each([
  ["0s", 0],
  ["500ms", 500],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  ["168h", 604_800_000],
])("%s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "1", "1d", "-1h", "h", "1h ", " 1h", "1h-1m", "1..5h", "1hh"])("%j is no duration", (text) => {
  expect(() => parseDuration(text)).toThrow(RangeError);
});

test("any sum of parts is read as that sum", () => {
  const part = fc.tuple(fc.nat({ max: 999_999 }), fc.constantFrom(["ms", 1], ["s", 1e3], ["m", 6e4], ["h", 36e5]));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const text = parts.map(([amount, [unit]]) => `${amount}${unit}`).join("");
      const sum = parts.reduce((total, [amount, [, ms]]) => total + amount * ms, 0);
      return parseDuration(text) === sum;
    }),
  );
});
