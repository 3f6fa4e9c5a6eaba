import { expect, test } from "vitest";

import { createFakeClock, createSeededBytes } from "./index.ts";

test("the same seed gives the same bytes, another seed others, and a second call goes on", () => {
  const bytes = createSeededBytes(7);
  const first = bytes(32);
  expect(createSeededBytes(7)(32)).toEqual(first);
  expect(createSeededBytes(8)(32)).not.toEqual(first);
  expect(bytes(32)).not.toEqual(first);
  expect(new Set(createSeededBytes(1)(20_000)).size).toBe(256);
});

test("both clocks stand still until they are moved, and move together", () => {
  const clock = createFakeClock(new Date("2027-01-01T00:00:00Z"));
  clock.advance(1500);
  expect(clock.now().toISOString()).toBe("2027-01-01T00:00:01.500Z");
  expect(clock.monotonicMs()).toBe(1500);
  expect(() => clock.advance(-1)).toThrow("forward");
});
