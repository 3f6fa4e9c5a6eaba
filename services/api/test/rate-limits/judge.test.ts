import { expect, test } from "vitest";

import { idealAdmission, type Judged, overAdmission, wronglyRefused } from "./judge.ts";

const at = (sentMs: number, tookMs = 1, accepted = true): Judged => ({
  sentMs,
  answeredMs: sentMs + tookMs,
  accepted,
});

test("one acceptance too many is found, wherever its window begins", () => {
  const log = [at(500), at(30_000), at(59_000), at(60_400), at(61_000), at(100_000, 1, false)];
  expect(overAdmission(log, 4)).toBe(0);
  expect(overAdmission(log, 3)).toBe(1);
  expect(overAdmission([at(0), at(59_998)], 1)).toBe(1);
});

test("what may have been decided outside of the window does not count", () => {
  expect(overAdmission([at(0), at(60_000)], 1)).toBe(0);
  expect(overAdmission([at(0), at(59_990, 20)], 1)).toBe(0);
  expect(overAdmission([at(0, 2000), at(1000), at(60_500)], 2)).toBe(0);
});

test("a refusal is wrong where fewer than the limit can have been accepted before it", () => {
  const refused = (sentMs: number) => at(sentMs, 1, false);
  expect(wronglyRefused([at(0), at(30_000), refused(59_000)], 2)).toBe(0);
  expect(wronglyRefused([at(0), at(30_000), refused(59_000)], 3)).toBe(1);
  expect(wronglyRefused([at(0), at(30_000), refused(60_900), refused(62_000)], 2)).toBe(1);
});

test("an ideal limiter accepts up to the limit, and again when the first has left the window", () => {
  expect(idealAdmission([at(0), at(1), at(2), at(59_999), at(60_000), at(60_001)], 2)).toBe(4);
  expect(idealAdmission([at(0, 1, false), at(1, 1, false)], 5)).toBe(2);
});
