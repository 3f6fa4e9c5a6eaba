// What replicas as processes on a real MySQL accept, judged against the promise (never more than the limit in any
// 60 seconds) and against a limiter that knows everything (how much less). A client below its limit is never refused:
// "wrongly" means that fewer than the limit can have been accepted in the 61 seconds before. RUN_SECONDS=150 for each run,
// SEED=n, REPLICAS=1,3,9. BENCH_SHORT=1 only checks that it works. Ends with 1 when the promise was broken.
import { startMysql } from "@itsy/testbed";

import { type Row, runRateLimits } from "../test/rate-limits/run.ts";
import type { Stream } from "../test/rate-limits/streams.ts";
import { isShort } from "./compare.ts";

const UNDER_MAX = 0.05;
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const durationMs = Number(process.env["RUN_SECONDS"] ?? (isShort ? 5 : 150)) * 1000;
const replicaCounts = (process.env["REPLICAS"] ?? (isShort ? "2" : "1,3,9")).split(",").map(Number);

const streams: readonly Stream[] = [
  ...[1, 10].map((limit) => ({ limit, traffic: "above" }) as const),
  ...[60, 1000].flatMap((limit) =>
    (["below", "above", "bursts", "each minute", "one hot"] as const).map((traffic) => ({ limit, traffic })),
  ),
  { limit: 10_000, traffic: "above" },
  { limit: 10_000, traffic: "one hot" },
];
const hottest: readonly Stream[] = [{ limit: 100_000, traffic: "above" }];

interface Run {
  readonly replicas: number;
  readonly streams: readonly Stream[];
  readonly churnEveryMs?: number;
}

const runs: readonly Run[] = replicaCounts.flatMap((replicas): Run[] => [
  { replicas, streams },
  ...(isShort ? [] : [{ replicas, streams: hottest }]),
  ...(isShort || replicas === 1 ? [] : [{ replicas, streams, churnEveryMs: 6000 }]),
]);

const print = (cells: readonly (string | number)[]) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
const columns = [
  "replicas",
  "limit/min",
  "traffic",
  "replicas come and go",
  "judged",
  "ideal",
  "accepted",
  "over",
  "under",
  "wrongly refused",
  "p99 ms",
  "503",
  "lost",
];

/** Slower than this, it is the machine that is measured: permits count for as long as they take to be given back. */
const BUSY_MS = 250;

/**
 * A replica that is killed takes permits with it. One that stands still for seconds accepts late, and what was accepted
 * late is not free again when a burst comes a window after the one before it: nothing is promised of those.
 */
const isBroken = (row: Row, { churnEveryMs }: Run): boolean => {
  const isChurned = churnEveryMs !== undefined;
  const isSteady = row.traffic === "below" && !isChurned && row.p99Ms < BUSY_MS;
  const isTooLittle = row.under > UNDER_MAX && !(row.traffic === "each minute" && isChurned);
  return row.over > 0 || isTooLittle || (isSteady && row.wronglyRefused > 0);
};

process.stdout.write(`seed ${seed}, ${durationMs / 1000} s for each run\n\n`);
print(columns);
print(columns.map(() => "---"));
await using server = await startMysql();
let broken = 0;
for (const run of runs) {
  const rows = await runRateLimits(server, { ...run, seed, durationMs });
  for (const row of rows) {
    const { replicas, limit, traffic, judged, ideal, accepted, over, unavailable, lost } = row;
    const wrong = traffic === "below" ? row.wronglyRefused : "–";
    const going = run.churnEveryMs === undefined ? "" : "yes";
    const p99 = Math.round(row.p99Ms);
    const under = `${(row.under * 100).toFixed(2)} %`;
    print([replicas, limit, traffic, going, judged, ideal, accepted, over, under, wrong, p99, unavailable, lost]);
    if (isBroken(row, run)) broken += 1;
  }
}
process.stdout.write(broken === 0 ? "\nthe promise held\n" : `\nthe promise was broken in ${broken} rows\n`);
process.exitCode = broken === 0 ? 0 : 1;
