// Runs every package's tests (turbo remembers what did not change) and adds up their reports.
// `npm test -- --force` runs everything again; other arguments go to turbo too, e.g. `--filter=@itsy/core`.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly success: boolean;
}

const args = process.argv.slice(2);

// Ahead of the tests, where a person sees its progress and no test's timeout runs: a first build takes minutes.
const fetched = spawnSync("node", ["--conditions=@itsy/source", "packages/testbed/src/cli.ts", "fetch", "all"], {
  stdio: ["ignore", "ignore", "inherit"],
});
if (fetched.status !== 0 && process.env["CI"]) process.exit(1);

const turbo = spawnSync(
  "turbo",
  ["run", "test", "--continue=always", "--output-logs=new-only", "--concurrency=2", ...args],
  {
    stdio: "inherit",
  },
);

const totals = { passed: 0, failed: 0, skipped: 0 };
const trouble: string[] = [];
/** Told once more at the end: between a failure and the last line there may be thousands. */
const failures: string[] = [];
/** Of a message with its trace: not where the test runner called the test. */
const isOwnLine = (line: string) => !(/^ +at /.test(line) && line.includes("node_modules"));
const isWholeRun = args.every((arg) => arg === "--force");
for (const manifest of globSync(["packages/*/package.json", "services/*/package.json"])) {
  const folder = dirname(manifest);
  const path = `${folder}/test-results/vitest.json`;
  if (!existsSync(path)) {
    if (isWholeRun) trouble.push(`${folder}: no report; its tests did not run to their end`);
    continue;
  }
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests;
  for (const { name, assertionResults } of report.testResults) {
    for (const { fullName, failureMessages = [] } of assertionResults.filter(({ status }) => status === "failed")) {
      const ownLines = failureMessages.flatMap((message) => message.split("\n")).filter(isOwnLine);
      failures.push(`\nfailed: ${relative(".", name)}: ${fullName}`, ...ownLines);
    }
  }
  if (!report.success && report.numFailedTests === 0) trouble.push(`${folder}: a test file could not be run`);
}

for (const line of [...failures, ...trouble]) console.error(line);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
const failed = totals.failed + trouble.length;
console.log(`${totals.passed} passed, ${failed} failed${skipped}`);
process.exitCode = turbo.status === 0 && failed === 0 ? 0 : 1;
