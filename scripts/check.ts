// Everything that is not a test: format, lint, types, structure, dead code. `npm run check -- --fix` mends what it can.
import { spawnSync } from "node:child_process";

const isFix = process.argv.includes("--fix");

const checks: readonly (readonly [name: string, ...command: string[]])[] = [
  ["format", "biome", "check", ...(isFix ? ["--write"] : []), "."],
  ["lint", "oxlint", "--type-aware", ...(isFix ? ["--fix"] : [])],
  ["types", "tsc", "--build"],
  ["structure", "turbo", "boundaries"],
  ["dead code", "knip"],
  ["published packages", "node", "scripts/published.ts"],
];

const failed = checks.filter(([name, command = "", ...args]) => {
  console.log(`\n— ${name}: ${[command, ...args].join(" ")}`);
  return spawnSync(command, args, { stdio: "inherit" }).status !== 0;
});

if (failed.length > 0) console.error(`\nnot clean: ${failed.map(([name]) => name).join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
