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

test.each([
  {
    by: "hour",
    longest: 31 * 24,
    from: "2026-11-30T08:00:00Z",
    to: "2026-12-31T08:00:00Z",
    further: "2026-12-31T08:00:01Z",
  },
  {
    by: "day",
    longest: 366,
    from: "2025-12-31T00:00:00Z",
    to: "2027-01-01T00:00:00Z",
    further: "2027-01-01T00:00:01Z",
  },
] as const)("a range has at most $longest steps of a $by", ({ by, from, to, further, longest }) => {
  const range = usageRange({ by, from, to }, now);
  expect((range.to.getTime() - range.from.getTime()) / range.stepMs).toBe(longest);
  expect(() => usageRange({ by, from, to: further }, now)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
});

test("steps are those of UTC, however the instants are spelled", () => {
  expect(rangeOf({ from: "2027-01-01T05:30:00+05:30", to: "2027-01-01T23:00:00-01:00" }, "day")).toEqual([
    "2027-01-01T00:00:00.000Z",
    "2027-01-02T00:00:00.000Z",
  ]);
  expect(rangeOf({ from: "2027-01-01T05:29:59+05:30", to: "2027-01-01T23:00:00-01:00" }, "day")[0]).toBe(
    "2026-12-31T00:00:00.000Z",
  );
});

test.each([
  { from: "2027-01-01T10:00:00Z", to: "2027-01-01T10:00:00Z" },
  { from: "2027-01-01T11:00:00Z", to: "2027-01-01T10:00:00Z" },
  { from: "2027-01-01T11:00:00Z" },
])("a range of no step is refused: %j", (input) => {
  expect(() => usageRange({ by: "hour", ...input }, now)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
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
