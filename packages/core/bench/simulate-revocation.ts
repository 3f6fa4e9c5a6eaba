// Runs random schedules of replicas, leases and barriers against the promise, on a fake clock; many more than a test run
// has time for. Prints the seed; a violation is shrunk and told step by step.
//
//   node --conditions=@itsy/source bench/simulate-revocation.ts [--runs=100000] [--seed=…] [--grace | --broken]
//
// `--grace` lets memory outlast the lease while the database is down. `--broken` lets each broken variant loose instead, and tells how many schedules it took to catch it.
import { parseArgs } from "node:util";

import { huntFor, runAll } from "../test/simulation/hunt.ts";
import { asDesigned, asDesignedWithGrace, brokenVariants } from "../test/simulation/variants.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: process.env["BENCH_SHORT"] === "1" ? "500" : "100000" },
    seed: { type: "string" },
    grace: { type: "boolean" },
    broken: { type: "boolean" },
  },
});
const runs = Number(values.runs);
const seed = values.seed === undefined ? Date.now() | 0 : Number(values.seed);
const secondsSince = (begunMs: number) => (performance.now() - begunMs) / 1000;

const runDesign = async () => {
  const begunMs = performance.now();
  const figures = await runAll(values.grace ? asDesignedWithGrace : asDesigned, { seed, runs });
  const seconds = secondsSince(begunMs);
  console.log({ runs, ...figures, seconds: Math.round(seconds), runsPerSecond: Math.round(runs / seconds) });
  console.log("No request that began after a change had returned was judged by what was before it.");
};

const runBroken = async () => {
  for (const variant of brokenVariants) {
    const begunMs = performance.now();
    const caught = await huntFor(variant, { seed, runs });
    const verdict = caught === null ? `NOT caught in ${runs} schedules` : `caught by schedule ${caught.run}`;
    console.log(`${variant.name}: ${verdict} (${secondsSince(begunMs).toFixed(1)} s)`);
    if (caught === null) process.exitCode = 1;
  }
};

console.log(`seed ${seed}`);
await (values.broken ? runBroken() : runDesign());
