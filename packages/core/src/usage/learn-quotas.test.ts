import { expect, test } from "vitest";

import type { Database, QuotaState } from "../ports.ts";
import { createLearnQuotas } from "./learn-quotas.ts";
import { createQuotaLedger } from "./quota-ledger.ts";

test("a share that could not be noted as told is told by the next look, though nobody took anything since", async () => {
  const now = new Date("2027-01-01T00:00:00Z");
  const states = ["ws_1", "ws_2"].map(
    (workspaceId): QuotaState => ({
      workspaceId,
      workspace: workspaceId,
      quota: { perMonth: 1, mode: "notify" },
      cost: 1,
      toldPercent: 0,
    }),
  );
  const answers = [true, new Error("the database went away")];
  const database = {
    read: {
      usage: {
        quotaStates: (ids: readonly string[]) =>
          Promise.resolve(states.filter(({ workspaceId }) => ids.includes(workspaceId))),
      },
    },
    transaction: () => {
      const answer = answers.shift() ?? true;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  } as unknown as Database;
  const ledger = createQuotaLedger({ onStale: () => undefined });
  const told: string[] = [];
  const learn = createLearnQuotas({
    database,
    clock: { now: () => now },
    ledger,
    onReached: ({ workspace }) => told.push(workspace),
  });
  for (const { workspaceId } of states) {
    const request = { cost: 1, nowMs: now.getTime() };
    void ledger.take(workspaceId, request);
    ledger.giveBack(workspaceId, request);
  }
  await expect(learn()).rejects.toThrow("went away");
  await learn();
  await learn();
  expect(told).toEqual(["ws_1", "ws_2"]);
});
