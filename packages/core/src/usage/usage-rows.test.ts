import type { UsageOutcome } from "@itsy/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { HOUR_MS } from "./hour.ts";
import { createUsageCounter } from "./usage-counter.ts";
import { usageRows } from "./usage-rows.ts";

const START_MS = Date.UTC(2027, 0, 31, 22, 30);

interface Request {
  readonly key: number;
  readonly version: number;
  readonly retiring: boolean;
  readonly outcome: UsageOutcome;
  readonly cost: number;
  readonly afterMs: number;
}

const requests = fc.array(
  fc.record<Request>({
    key: fc.nat(3),
    version: fc.nat(1),
    retiring: fc.boolean(),
    outcome: fc.constantFrom("VALID", "REVOKED", "RATE_LIMITED"),
    cost: fc.integer({ min: 1, max: 5 }),
    afterMs: fc.nat(HOUR_MS),
  }),
  { maxLength: 60 },
);

const placeOf = ({ key, version, retiring }: Request) => ({
  workspaceId: `ws_${key % 2}`,
  projectId: `prj_${key}`,
  keyId: `key_${key}`,
  versionId: `ver_${key}${version}`,
  retiring,
});

const counted = (all: readonly Request[], entriesMax = 1000) => {
  const counter = createUsageCounter({ entriesMax });
  let nowMs = START_MS;
  for (const request of all) {
    nowMs += request.afterMs;
    counter.count(placeOf(request), { outcome: request.outcome, cost: request.cost, nowMs });
  }
  return { counter, endMs: nowMs };
};

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("what was counted", () => {
  test("is in the rows of its version, key, project and workspace, in its hour and month, once", () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 5 }), (all, batchMax) => {
        const { counter } = counted(all);
        const batches: ReturnType<typeof usageRows>[] = [];
        while (counter.size > 0) batches.push(usageRows(counter.take(batchMax)));
        const hours = batches.flatMap((rows) => rows.hours);
        for (const prefix of ["ws_", "prj_", "key_"]) {
          for (const outcome of ["VALID", "REVOKED", "RATE_LIMITED"] as const) {
            const rows = hours.filter((row) => row.scopeId.startsWith(prefix) && row.outcome === outcome);
            expect(sum(rows.map((row) => row.requests))).toBe(all.filter((one) => one.outcome === outcome).length);
          }
        }
        const accepted = all.filter(({ outcome }) => outcome === "VALID");
        const versions = hours.filter(({ scopeId }) => scopeId.startsWith("ver_"));
        const ofOutcome = (wanted: string) =>
          sum(versions.filter(({ outcome }) => outcome === wanted).map((row) => row.requests));
        expect(ofOutcome("VALID")).toBe(accepted.length);
        expect(ofOutcome("RETIRING")).toBe(accepted.filter(({ retiring }) => retiring).length);
        const cost = sum(accepted.map((one) => one.cost));
        expect(sum(batches.flatMap((rows) => rows.months).map((row) => row.cost))).toBe(cost);
        for (const { hour } of hours) expect(hour.getTime() % HOUR_MS).toBe(0);
        // The hours of January's last evening are January's.
        for (const { month } of batches.flatMap((rows) => rows.months)) expect(month.getUTCDate()).toBe(1);
      }),
    );
  });

  test("tells the last use of a key and a version, to the second, and none for what was refused", () => {
    const { counter } = counted([
      { key: 1, version: 0, retiring: false, outcome: "VALID", cost: 1, afterMs: 1500 },
      { key: 1, version: 1, retiring: false, outcome: "VALID", cost: 1, afterMs: 1700 },
      { key: 2, version: 0, retiring: false, outcome: "PAUSED", cost: 1, afterMs: 0 },
    ]);
    const { keys, versions } = usageRows(counter.take(10));
    expect(keys).toEqual([{ id: "key_1", at: new Date(START_MS + 3000) }]);
    expect(versions).toEqual([
      { id: "ver_10", at: new Date(START_MS + 1000) },
      { id: "ver_11", at: new Date(START_MS + 3000) },
    ]);
  });

  test("keeps its workspace's sums when there is no room for detail, and memory stays bounded", () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 4 }), (all, entriesMax) => {
        const { counter } = counted(all, entriesMax);
        // Two workspaces, each of which may have one entry more for each hour since the last flush.
        expect(counter.size).toBeLessThanOrEqual(entriesMax + 2 * (all.length + 1));
        const { hours, months } = usageRows(counter.take(1000));
        const accepted = all.filter(({ outcome }) => outcome === "VALID");
        const rows = hours.filter(({ scopeId, outcome }) => scopeId.startsWith("ws_") && outcome === "VALID");
        expect(sum(rows.map((row) => row.requests))).toBe(accepted.length);
        expect(sum(months.map((row) => row.cost))).toBe(sum(accepted.map((one) => one.cost)));
      }),
    );
  });
});
