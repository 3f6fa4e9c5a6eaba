// What the limiter across replicas accepts, judged against the promise (never more than the limit in any 60 seconds)
// and against a limiter that knows everything (how much less). Virtual time: the table is the same on every machine.
// SIMULATION_SEED=n plays other chances; BENCH_SHORT=1 plays the short form. Ends with 1 when the promise was broken.
import { createLeasedRateLimiter } from "../src/index.ts";
import { scenarios } from "../test/rate-limit/scenarios.ts";
import { simulate } from "../test/rate-limit/simulate.ts";

const seed = Number(process.env.SIMULATION_SEED ?? 1);
const short = process.env.BENCH_SHORT === "1";

const columns = [
  "replicas",
  "limit/min",
  "traffic",
  "troubles",
  "minutes",
  "sent",
  "ideal",
  "accepted",
  "over",
  "under",
  "unavailable",
  "conflicts",
  "calls/s and replica",
];

const print = (cells: readonly (string | number)[]) => process.stdout.write(`| ${cells.join(" | ")} |\n`);

process.stdout.write(`seed ${seed}\n\n`);
print(columns);
print(columns.map(() => "---"));

let broken = 0;
for (const { name, scenario, underMax } of scenarios({ seed, short })) {
  const report = await simulate(scenario, createLeasedRateLimiter);
  const { replicas, limit, traffic, minutes } = scenario;
  const under = underMax !== null ? `${(Math.max(0, report.under) * 100).toFixed(2)} %` : "–";
  const { sent, ideal, accepted, over, unavailable, conflicts } = report;
  const calls = report.callsPerSecond.toFixed(1);
  const outcome = [sent, underMax !== null ? ideal : "–", accepted, over, under, unavailable, conflicts, calls];
  print([replicas, limit, traffic, name, minutes, ...outcome]);
  if (over > 0 || (underMax !== null && report.under > underMax)) broken += 1;
}

process.stdout.write(broken === 0 ? "\nthe promise held\n" : `\nthe promise was broken in ${broken} rows\n`);
process.exitCode = broken === 0 ? 0 : 1;
