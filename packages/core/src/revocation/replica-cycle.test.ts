import { expect, test } from "vitest";

import { createLeaseTerms } from "./lease-terms.ts";
import { createRecordCache } from "./record-cache.ts";
import { createReplicaCycle } from "./replica-cycle.ts";

const terms = createLeaseTerms();

const aCycle = (nowMs: () => number) => {
  const cache = createRecordCache({ entriesMax: 10 });
  const statements: string[] = [];
  let beat = 0;
  const cycle = createReplicaCycle({
    cache,
    terms,
    monotonicMs: nowMs,
    newId: () => "r",
    store: {
      registerReplica: async () => void statements.push("register"),
      poll: async () => {
        statements.push("poll");
        return { beat, changes: [] };
      },
      renewReplica: async () => {
        statements.push("renew");
        beat += 1;
        return true;
      },
    },
  });
  return { cycle, cache, statements };
};

test("an idle replica costs one read a poll, and a write when its lease is due", async () => {
  let nowMs = 0;
  const { cycle, cache, statements } = aCycle(() => nowMs);
  for (; nowMs < 1000; nowMs += terms.pollMs) expect((await cycle.run()).nextInMs).toBe(terms.pollMs);
  expect(statements.filter((name) => name === "poll")).toHaveLength(20);
  expect(statements.filter((name) => name === "renew")).toHaveLength(2);
  expect(cache.trustedUntilMs).toBe(500 + terms.leaseMs);
});
