import { describe, expect, test } from "vitest";

import { usageRange } from "./usage-range.ts";
import { usageSeries } from "./usage-series.ts";

const now = new Date("2027-01-02T10:20:30Z");

describe("the range of a series", () => {
  test.each([
    [{ by: "hour" }, "2027-01-01T11:00:00.000Z", "2027-01-02T11:00:00.000Z"],
    [{ by: "day" }, "2026-12-04T00:00:00.000Z", "2027-01-03T00:00:00.000Z"],
    [{ by: "hour", from: "2027-01-02T09:59:59Z" }, "2027-01-02T09:00:00.000Z", "2027-01-02T11:00:00.000Z"],
    [
      { by: "day", from: "2027-01-01T01:00:00+02:00", to: "2027-01-02T00:00:00Z" },
      "2026-12-31T00:00:00.000Z",
      "2027-01-02T00:00:00.000Z",
    ],
  ] as const)("of %j is whole steps of UTC", (input, from, to) => {
    const range = usageRange(input, now);
    expect([range.from.toISOString(), range.to.toISOString()]).toEqual([from, to]);
  });

  test("holds the present also at the first instant of its step", () => {
    expect(usageRange({ by: "day" }, new Date("2027-01-02T00:00:00Z")).to.toISOString()).toBe(
      "2027-01-03T00:00:00.000Z",
    );
  });

  test("is neither empty nor longer than it may be", () => {
    const from = "2027-01-01T00:00:00Z";
    expect(() => usageRange({ by: "hour", from, to: from }, now)).toThrow("from must be before to");
    expect(() => usageRange({ by: "hour", from: "2027-02-01T00:00:00Z" }, now)).toThrow("from must be before to");
    const month = { by: "hour", from, to: "2027-02-01T00:00:00Z" } as const;
    expect(usageRange(month, now).stepMs).toBe(3_600_000);
    expect(() => usageRange({ ...month, to: "2027-02-01T00:00:01Z" }, now)).toThrow("more than 744 hours apart");
    expect(() => usageRange({ by: "day", from: "2020-01-01T00:00:00Z" }, now)).toThrow("more than 366 days apart");
  });
});

test("a series has a point for every step, what happened in it, and the sum", () => {
  const range = usageRange({ by: "hour", from: "2027-01-02T08:00:00Z", to: "2027-01-02T11:00:00Z" }, now);
  const at = new Date("2027-01-02T09:00:00Z");
  const series = usageSeries("hour", range, [
    { at, outcome: "VALID", requests: 3, cost: 5 },
    { at, outcome: "PAUSED", requests: 2, cost: 0 },
    { at: new Date("2027-01-02T10:00:00Z"), outcome: "PAUSED", requests: 1, cost: 0 },
  ]);
  expect(series.points).toEqual([
    { at: "2027-01-02T08:00:00.000Z", accepted: 0, cost: 0, refused: {} },
    { at: "2027-01-02T09:00:00.000Z", accepted: 3, cost: 5, refused: { PAUSED: 2 } },
    { at: "2027-01-02T10:00:00.000Z", accepted: 0, cost: 0, refused: { PAUSED: 1 } },
  ]);
  expect(series.total).toEqual({ accepted: 3, cost: 5, refused: { PAUSED: 3 } });
});
