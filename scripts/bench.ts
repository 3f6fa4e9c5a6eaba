// Runs every package's benchmarks, one after another so that they do not disturb each other.
// `npm run bench -- --short` only checks that they work.
import { spawnSync } from "node:child_process";

const args = process.argv.slice(2);
const env = { ...process.env, ...(args.includes("--short") ? { BENCH_SHORT: "1" } : {}) };
const filters = args.filter((arg) => arg !== "--short");
const { status } = spawnSync("turbo", ["run", "bench", "--concurrency=1", ...filters], { stdio: "inherit", env });
process.exitCode = status ?? 1;
