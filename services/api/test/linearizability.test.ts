import { startMysql } from "@itsy/testbed";
import { expect, test } from "vitest";

import { serverKinds } from "./database/fresh-database.ts";
import { runLinearizability } from "./linearizability/run.ts";

test.runIf(serverKinds.includes("mysql"))(
  "no replica answers from what was before a change that returned, whatever happens to replicas and the database",
  async () => {
    await using server = await startMysql();
    const seed = Date.now() % 2 ** 31;
    const calm = { revocations: 50, workers: 16 };
    const stormy = { revocations: 120, workers: 32 };
    const report = await runLinearizability(server, { seed, calm, stormy, databaseEvery: 3 });
    const { verdict, havoc, refusals, calmWaitsMs } = report;
    expect(verdict.violations, `seed ${seed}`).toEqual([]);
    expect(refusals).toEqual([]);
    expect(verdict.promised).toMatchObject(
      Object.fromEntries(
        ["rotate", "rotate with overlap", "finishOverlap", "pause", "update", "delete"].map((by) => [
          by,
          expect.any(Number),
        ]),
      ),
    );
    expect(verdict.promised["revoke"]).toBeGreaterThanOrEqual(170);
    // It could have been seen.
    expect(verdict.afterTheEnd).toBeGreaterThan(170);
    expect(verdict.whilePaused).toBeGreaterThan(0);
    expect(verdict.afterTheLimit).toBeGreaterThan(0);
    expect(verdict.accepted).toBeGreaterThan(170);
    expect(havoc.freezes + havoc.kills).toBeGreaterThan(0);
    // How long they took is for the long form to tell: this machine runs other tests beside.
    expect(calmWaitsMs.length).toBeGreaterThan(0);
  },
  300_000,
);
