import { expect, test } from "vitest";

import { createBarrier } from "./barrier.ts";
import { createLeaseTerms } from "./lease-terms.ts";
import type { ReplicaRow } from "./ports.ts";
import { createRecordCache } from "./record-cache.ts";

const terms = createLeaseTerms();

interface Overrides {
  readonly leaseMs?: number;
  readonly waitMaxMs?: number;
  readonly list?: () => Promise<readonly ReplicaRow[]>;
}

/** A barrier whose waits end when the test says so. */
const aBarrier = (overrides: Overrides = {}) => {
  let nowMs = 0;
  const deleted: string[] = [];
  const due = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const rows: ReplicaRow[] = [{ id: "other", beat: 3, leaseMs: overrides.leaseMs ?? terms.leaseMs }];
  const barrier = createBarrier({
    cache: createRecordCache({ entriesMax: 10 }),
    store: { deleteChanges: async (ids) => void deleted.push(...ids) },
    watch: { list: overrides.list ?? (async () => rows) },
    ownId: () => "own",
    monotonicMs: () => nowMs,
    timers: {
      after: (ms, run) => {
        const timer = { atMs: nowMs + ms, run };
        due.add(timer);
        return () => void due.delete(timer);
      },
    },
    terms: { ...terms, waitMaxMs: overrides.waitMaxMs ?? terms.waitMaxMs },
  });
  const goTo = async (atMs: number) => {
    for (; nowMs < atMs; nowMs += 10) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const timer of due) if (timer.atMs <= nowMs && due.delete(timer)) timer.run();
    }
  };
  return { barrier, goTo, deleted };
};

const change = { id: "c", keyId: "k" };

test("a replica with a longer lease is waited for by its lease, not by one's own", async () => {
  const { barrier, goTo } = aBarrier({ leaseMs: 10_000 });
  const result = barrier.settle([change]);
  await goTo(12_000);
  expect(await result).toEqual({ effectiveEverywhere: true, waitedMs: 11_000 });
});

test("a wait that may not last as long as the lease says what is not over", async () => {
  const { barrier, goTo } = aBarrier({ leaseMs: 60_000, waitMaxMs: 5000 });
  const result = barrier.settle([change]);
  await goTo(6000);
  expect(await result).toEqual({ effectiveEverywhere: false, waitedMs: 5000, reason: "LEASE_NOT_OVER" });
});

test("a barrier that is stopped answers whoever waits, and whoever comes", async () => {
  const { barrier } = aBarrier();
  const result = barrier.settle([change]);
  barrier.stop();
  expect(await result).toMatchObject({ effectiveEverywhere: false, reason: "STOPPED" });
  expect(await barrier.settle([change])).toMatchObject({ effectiveEverywhere: false, reason: "STOPPED" });
});

test("no change, no wait", async () => {
  expect(await aBarrier().barrier.settle([])).toEqual({ effectiveEverywhere: true, waitedMs: 0 });
});

test("changes that were given up while the database hung do not take later ones with them", async () => {
  const hanging = Promise.withResolvers<readonly ReplicaRow[]>();
  const { barrier, goTo, deleted } = aBarrier({ list: () => hanging.promise });
  const first = barrier.settle([{ id: "first", keyId: "k" }]);
  await goTo(100);
  const second = barrier.settle([{ id: "second", keyId: "k" }]);
  await goTo(3000);
  for (const given of [first, second]) expect(await given).toMatchObject({ reason: "DATABASE_UNREACHABLE" });
  hanging.resolve([]);
  await goTo(3100);
  const third = barrier.settle([{ id: "third", keyId: "k" }]);
  await goTo(3200);
  expect(deleted).toContain("third");
  expect(await third).toMatchObject({ effectiveEverywhere: true });
});
