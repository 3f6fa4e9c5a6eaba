import { parseArgs } from "node:util";

import { hunt } from "../test/simulation/hunt.ts";

// Random schedules of two reconcilers, lost answers, crashes, persons and time. Prints the seed; `--seed` repeats a run.
const { values } = parseArgs({ options: { runs: { type: "string" }, seed: { type: "string" } } });
const runs = Number(values.runs ?? (process.env["BENCH_SHORT"] ? 200 : 100_000));
const startedMs = performance.now();
const { violation, trace, ...ran } = await hunt({
  runs,
  seed: values.seed === undefined ? undefined : Number(values.seed),
});
const seconds = Math.round((performance.now() - startedMs) / 1_000);
console.log(`${ran.runs} schedules in ${seconds} s, seed ${ran.seed}: ${violation ?? "every promise held"}`);
for (const line of trace) console.log(`  ${line}`);
process.exitCode = violation === null ? 0 : 1;
