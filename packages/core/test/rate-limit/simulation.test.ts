import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createLeasedRateLimiter, sharedDrawPolicy, soleDrawPolicy } from "../../src/index.ts";
import { type NamedScenario, scenarios } from "./scenarios.ts";
import { type Scenario, simulate, type Troubles } from "./simulate.ts";

const titled = scenarios({ seed: 1, short: true }).map((named): [string, NamedScenario] => {
  const { replicas, limit, traffic } = named.scenario;
  return [`${replicas} × ${traffic} at ${limit} a minute ${named.name}`.trim(), named];
});

describe("never more than the limit in any 60 seconds, and hardly less than could be", () => {
  test.each(titled)("%s", async (_, { scenario, underMax }) => {
    const report = await simulate(scenario, createLeasedRateLimiter);
    expect(report.over).toBe(0);
    expect(report.accepted).toBeGreaterThan(0);
    if (underMax !== null) expect(report.under).toBeLessThanOrEqual(underMax);
    if (scenario.traffic === "below") expect(report.refused).toBe(0);
  });
});

// A limiter that pushes the end of its window back on each request locks such a client out for a whole window.
test.each([1, 3])("a client at 59 of 60 a minute is never refused in two hours, with %i replicas", async (replicas) => {
  const scenario: Scenario = { seed: 2, replicas, limit: 60, traffic: "below", minutes: 120 };
  const report = await simulate(scenario, createLeasedRateLimiter);
  expect(report).toMatchObject({ over: 0, refused: 0, sent: 7080 });
});

test("a hot key costs each replica a handful of calls a second, whatever its limit", async () => {
  const scenario: Scenario = { seed: 3, replicas: 3, limit: 60_000, traffic: "above", minutes: 1.5 };
  const report = await simulate(scenario, createLeasedRateLimiter);
  expect(report.callsPerSecond).toBeLessThan(15);
});

const troubles: fc.Arbitrary<Troubles> = fc.record(
  {
    killEveryMs: fc.integer({ min: 2000, max: 60_000 }),
    stopEveryMs: fc.integer({ min: 500, max: 20_000 }),
    stopForMs: fc.integer({ min: 1, max: 100_000 }),
    dropEveryMs: fc.integer({ min: 200, max: 20_000 }),
    stopsWhen: fc.record({
      moment: fc.constantFrom("sent" as const, "answered" as const),
      share: fc.double({ min: 0, max: 0.1, noNaN: true }),
    }),
    lost: fc.double({ min: 0, max: 0.1, noNaN: true }),
    giveBacksUnanswered: fc.double({ min: 0, max: 1, noNaN: true }),
    slowMs: fc.integer({ min: 1, max: 2000 }),
    databaseRate: fc.constantFrom(0.9995, 1.0005),
    stepsBack: fc.array(
      fc.record({ atMs: fc.integer({ min: 0, max: 180_000 }), byMs: fc.integer({ min: 1, max: 100_000 }) }),
      { maxLength: 4 },
    ),
  },
  { requiredKeys: [] },
);

const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  replicas: fc.integer({ min: 1, max: 9 }),
  limit: fc.oneof(...[10, 600, 2000].map((max) => fc.integer({ min: Math.ceil(max / 10), max }))),
  traffic: fc.constantFrom("below", "above", "bursts", "one hot", "handover"),
  minutes: fc.constantFrom(2.5, 4),
  costMax: fc.constantFrom(1, 1, 5),
  policy: fc.constantFrom(sharedDrawPolicy, soleDrawPolicy),
  troubles,
});

test("whatever happens, no window of 60 seconds exceeds the limit", async () => {
  await fc.assert(
    fc.asyncProperty(anyScenario, async (scenario) => {
      expect((await simulate(scenario, createLeasedRateLimiter)).over).toBe(0);
    }),
    { numRuns: 150 },
  );
}, 180_000);

test("from when all replicas dropped their leases, no acceptance exceeds a lowered limit", async () => {
  const lowered = fc.record({ atMs: fc.integer({ min: 1000, max: 120_000 }), to: fc.integer({ min: 1, max: 300 }) });
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 9 }), lowered, async (seed, replicas, lowered) => {
      const scenario = { seed, replicas, limit: 300, traffic: "above", minutes: 3, troubles: { lowered } } as const;
      expect((await simulate(scenario, createLeasedRateLimiter)).over).toBe(0);
    }),
    { numRuns: 30 },
  );
}, 180_000);
