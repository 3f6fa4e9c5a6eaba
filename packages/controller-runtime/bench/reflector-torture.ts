// A reflector behind a proxy that cuts, stalls, repeats and refuses by chance, for two minutes on a real API server.
// SEED=n plays other chances; BENCH_SHORT=1 plays five seconds. Ends with 1 when the store is not what a fresh list is.
import { isDeepStrictEqual } from "node:util";

import { startCluster } from "../test/cluster.ts";
import { torture } from "../test/torture/torture.ts";

const isShort = process.env["BENCH_SHORT"] === "1";
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const durationMs = isShort ? 5_000 : 120_000;
// Of an object that is kept, and of what libraries cache, no more than this may be added over the whole time.
const HEAP_GROWTH_MAX = 8 * 1024 * 1024;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(`seed ${seed}, ${durationMs / 1000} s`);
await using cluster = await startCluster();
const report = await torture(cluster, { seed, durationMs });
const { fresh, stored, told, heap } = report;
const growth = heap === null ? 0 : heap[1] - heap[0];
const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

print(`${report.writes} writes, ${report.requests} requests; what was done to them:`);
for (const [what, count] of [...report.done].toSorted(([a], [b]) => a.localeCompare(b))) print(`  ${count} × ${what}`);
const checks: readonly (readonly [what: string, holds: boolean])[] = [
  [`the store equals a fresh list (${fresh.length} objects)`, isDeepStrictEqual(stored, fresh)],
  ["the handlers were told the same", isDeepStrictEqual(told, fresh)],
  [`one watch while calm (${report.watchesWhileCalm})`, report.watchesWhileCalm === 1],
  [`none after the stop (${report.watchesAfterStop})`, report.watchesAfterStop === 0],
  [`no request after the stop (${report.requestsAfterStop})`, report.requestsAfterStop === 0],
  [`no unhandled rejection (${report.unhandled.length})`, report.unhandled.length === 0],
  [
    heap === null ? "memory: not measured (needs --expose-gc)" : `the heap grew by ${mebibytes(growth)} MiB`,
    growth < HEAP_GROWTH_MAX,
  ],
];
for (const [what, holds] of checks) print(`${holds ? "ok  " : "FAIL"} ${what}`);
process.exitCode = checks.every(([, holds]) => holds) ? 0 : 1;
