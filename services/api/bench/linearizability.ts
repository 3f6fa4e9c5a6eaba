// Keys that are revoked, rotated, paused, resumed, tightened and deleted over three replicas on real MySQL under
// freezes, kills and restarts; the history is kept and checked. Ends with 1 when anything did not hold.
// REVOCATIONS=10000 by default, or as many as MINUTES allow; SEED to repeat the choices of a run (not its timing); HISTORY=FILE keeps the history.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { startMysql } from "@itsy/testbed";

import { quantile, runLinearizability } from "../test/linearizability/run.ts";

/** How long a change may wait for healthy replicas, for all but the slowest hundredth. */
const CALM_P99_MS_MAX = 500;

const revocations = Number(process.env["REVOCATIONS"] ?? 10_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const minutes = process.env["MINUTES"];
const file = process.env["HISTORY"];
const say = (line: string) => void process.stdout.write(`${line}\n`);
say(`seed ${seed}, ${revocations} revocations`);

await using server = await startMysql();
const beganMs = performance.now();
const calm = Math.ceil(revocations / 20);
const report = await runLinearizability(server, {
  seed,
  calm: { revocations: calm, workers: 16 },
  stormy: { revocations: revocations - calm, workers: 192 },
  databaseEvery: 6,
  signal: minutes === undefined ? undefined : AbortSignal.timeout(Number(minutes) * 60_000),
  onProgress: (line) => say(`${Math.round((performance.now() - beganMs) / 1000)} s: ${line}`),
});
if (file !== undefined) {
  const lines = Readable.from(report.history).map((entry: unknown) => `${JSON.stringify(entry)}\n`);
  await pipeline(lines, createWriteStream(file));
}

const { verdict, havoc, refusals, calmWaitsMs, stormyWaitsMs } = report;
const waits = (what: string, ms: readonly number[]) =>
  `${what}: p50 ${quantile(ms, 0.5)} ms, p99 ${quantile(ms, 0.99)} ms, longest ${Math.max(...ms)} ms (${ms.length} calls)`;
const promised = Object.entries(verdict.promised).map(([by, count]) => `${count} ${by}`);
say(`${report.history.length} entries in ${Math.round((performance.now() - beganMs) / 1000)} s`);
say(`held everywhere when they returned: ${promised.join(", ")}`);
say(`${verdict.accepted} verifications accepted; began after what was before was over:`);
say(
  `  ${verdict.afterTheEnd} of an end, ${verdict.whilePaused} of a pause, ${verdict.afterTheLimit} of a tightened limit`,
);
say(
  `${verdict.pausedAfterResume} told of a pause after the resume had returned, ${Math.round(verdict.pausedAfterResumeMaxMs)} ms after it at most`,
);
say(`${havoc.freezes} freezes, ${havoc.kills} kills of a replica, ${havoc.databaseRestarts} kills of the database`);
say(waits("barrier, all well", calmWaitsMs));
say(waits("barrier, under havoc", stormyWaitsMs));
for (const refusal of refusals.slice(0, 10)) say(String(refusal));
say(`violations: ${verdict.violations.length}, unexpected refusals: ${refusals.length}`);
for (const violation of verdict.violations.slice(0, 10)) say(JSON.stringify(violation));
const isSlow = quantile(calmWaitsMs, 0.99) > CALM_P99_MS_MAX;
if (isSlow) say(`the barrier took longer than ${CALM_P99_MS_MAX} ms although all was well`);
process.exitCode = verdict.violations.length + refusals.length === 0 && !isSlow ? 0 : 1;
