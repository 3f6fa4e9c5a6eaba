// Revocation over three replicas on real MySQL under freezes, kills and restarts; the history is kept and checked.
// REVOCATIONS=10000 by default; SEED to repeat the choices of a run (not its timing).
import { startMysql } from "@itsy/testbed";

import { quantile, runLinearizability } from "../test/linearizability/run.ts";

const keys = Number(process.env["REVOCATIONS"] ?? 10_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
process.stdout.write(`seed ${seed}, ${keys} keys\n`);

await using server = await startMysql();
const calm = Math.floor(keys / 2);
const beganMs = performance.now();
const report = await runLinearizability(server, { seed, calm, stormy: keys - calm, databaseEvery: 6, workers: 16 });
const { verdict, havoc, calmWaitsMs, stormyWaitsMs } = report;
const line = (what: string, waits: readonly number[]) =>
  `${what}: p50 ${quantile(waits, 0.5)} ms, p99 ${quantile(waits, 0.99)} ms, longest ${Math.max(...waits)} ms (${waits.length} calls)\n`;
process.stdout.write(
  [
    `${verdict.ended} secrets ended, ${report.history.length} entries in ${Math.round((performance.now() - beganMs) / 1000)} s\n`,
    `${verdict.accepted} accepted, ${verdict.afterTheEnd} verifications began after the end of their secret\n`,
    `${havoc.freezes} freezes, ${havoc.kills} kills of a replica, ${havoc.databaseRestarts} kills of the database\n`,
    line("barrier, all well", calmWaitsMs),
    line("barrier, under havoc", stormyWaitsMs),
    `violations: ${verdict.violations.length}\n`,
  ].join(""),
);
for (const violation of verdict.violations.slice(0, 10)) process.stdout.write(`${JSON.stringify(violation)}\n`);
process.exitCode = verdict.violations.length === 0 ? 0 : 1;
