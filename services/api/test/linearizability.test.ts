import { startMysql } from "@itsy/testbed";
import { expect, test } from "vitest";

import { serverKinds } from "./database/fresh-database.ts";
import { quantile, runLinearizability } from "./linearizability/run.ts";

/** 150 ms on a machine of its own; this one runs other tests beside three replicas and a database. */
const HEALTHY_P99_MS = 500;

test.runIf(serverKinds.includes("mysql"))(
  "no replica accepts a secret after the call that ended it returned, whatever happens to replicas and the database",
  async () => {
    await using server = await startMysql();
    const seed = Date.now() % 2 ** 31;
    const options = { seed, calm: 70, stormy: 80, databaseEvery: 3, workers: 16 };
    const { verdict, havoc, calmWaitsMs } = await runLinearizability(server, options);
    expect(verdict.violations, `seed ${seed}`).toEqual([]);
    expect(verdict.ended).toBeGreaterThanOrEqual(200);
    // It could have been seen.
    expect(verdict.afterTheEnd).toBeGreaterThan(verdict.ended);
    expect(verdict.accepted).toBeGreaterThan(verdict.ended);
    expect(havoc.freezes + havoc.kills).toBeGreaterThan(0);
    expect(quantile(calmWaitsMs, 0.99)).toBeLessThan(HEALTHY_P99_MS);
  },
  120_000,
);
