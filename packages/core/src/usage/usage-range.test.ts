import { describe, expect, test } from "vitest";

import { usageRange } from "./usage-range.ts";

const now = new Date("2027-01-01T10:30:00Z");
const rangeOf = (input: Omit<Parameters<typeof usageRange>[0], "by">, by: "hour" | "day" = "hour") => {
  const { from, to } = usageRange({ by, ...input }, now);
  return [from.toISOString(), to.toISOString()];
};

test("a range is of whole steps, and without ends it is the last day, or the last 30", () => {
  expect(rangeOf({})).toEqual(["2026-12-31T11:00:00.000Z", "2027-01-01T11:00:00.000Z"]);
  expect(rangeOf({}, "day")).toEqual(["2026-12-03T00:00:00.000Z", "2027-01-02T00:00:00.000Z"]);
  expect(rangeOf({ from: "2027-01-01T00:59:59Z", to: "2027-01-01T01:00:01Z" })).toEqual([
    "2027-01-01T00:00:00.000Z",
    "2027-01-01T02:00:00.000Z",
  ]);
});

describe("a range that no year of four digits holds is refused", () => {
  test.each([
    { by: "day", from: "9999-12-01T00:00:00Z", to: "9999-12-31T23:59:59Z" },
    { by: "hour", from: "9999-12-31T20:00:00Z", to: "9999-12-31T23:59:59Z" },
    { by: "hour", from: "0000-01-01T00:00:00+23:00", to: "0000-01-01T03:00:00Z" },
    { by: "hour", to: "0000-01-01T03:00:00Z" },
  ] as const)("%j", (input) => {
    expect(() => usageRange(input, now)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  });

  test("but not one beside it", () => {
    expect(rangeOf({ from: "0000-01-01T00:00:00Z", to: "0000-01-01T00:00:01Z" })).toEqual([
      "0000-01-01T00:00:00.000Z",
      "0000-01-01T01:00:00.000Z",
    ]);
    expect(rangeOf({ from: "9999-12-31T22:00:00Z", to: "9999-12-31T23:00:00Z" })[1]).toBe("9999-12-31T23:00:00.000Z");
  });
});
