// What it costs to refuse or accept a text, beside the SHA-256 that follows an accepted one. Only the ratios of one
// run mean something: the nanoseconds belong to the machine. BENCH_SHORT=1 checks in a moment that it still runs.
import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";
import { Bench } from "tinybench";
import { generateSecret, parseSecret, secretSha256 } from "../src/index.ts";

/** Calls for each sample: one call is too short for the timer. */
const BATCH = 1000;
/** Distinct secrets, so that no answer can be reused. */
const SECRETS = 256;

const short = process.env.BENCH_SHORT === "1";
const secrets = Array.from({ length: SECRETS }, () => generateSecret({ environment: "production" }));
const mistyped = secrets.map((secret) => secret.slice(0, -1) + (secret.endsWith("A") ? "B" : "A"));
const junk = Array.from({ length: SECRETS }, (_, index) => "x".repeat(index * 100));

const over = (texts: readonly string[], call: (text: string) => unknown) => () => {
  let kept: unknown;
  for (let index = 0; index < BATCH; index++) kept = call(texts[index % SECRETS] as string);
  return kept;
};

const BASELINE = "SHA-256 of the secret (crypto.hash)";
const bench = new Bench({ time: short ? 20 : 1000, warmupTime: short ? 5 : 250, iterations: short ? 2 : 64 });
bench
  .add(BASELINE, over(secrets, secretSha256))
  .add(
    "SHA-256 of the secret (createHash)",
    over(secrets, (text) => createHash("sha256").update(text).digest()),
  )
  .add("parse: a good secret", over(secrets, parseSecret))
  .add("parse: a mistyped secret", over(mistyped, parseSecret))
  .add("parse: junk of 0 to 25 500 characters", over(junk, parseSecret))
  .add(
    "CRC-32 alone by node:zlib",
    over(secrets, (text) => zlibCrc32(text.slice(0, -6))),
  );
await bench.run();

const medians = bench.tasks.map(({ name, result }) => {
  if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
  return { name, nanoseconds: (result.latency.p50 * 1e6) / BATCH };
});
const baseline = medians.find(({ name }) => name === BASELINE)?.nanoseconds ?? Number.NaN;
console.table(
  medians.map(({ name, nanoseconds }) => ({
    name,
    "ns (median)": Math.round(nanoseconds),
    "relative to SHA-256": Number((nanoseconds / baseline).toFixed(3)),
  })),
);
