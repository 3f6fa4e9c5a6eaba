// The entry of every `npm run …`: works on Node.js 20 and npm alone, brings the rest, then hands over.
// Everything behind it runs on the Node.js that this project brings (see docs/adr/0001-toolchain.md).
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const toolchain = join(root, "scripts/toolchain");
const NODE_MIN = [24, 11];

/** Task name → the command it hands over to, run with the toolchain first on the PATH. */
const tasks = {
  start: ["node", "--conditions=@itsy/source", "packages/stack/src/quickstart.ts"],
  test: ["node", "scripts/test.ts"],
  check: ["node", "scripts/check.ts"],
  bench: ["node", "scripts/bench.ts"],
  testbed: ["node", "--conditions=@itsy/source", "packages/testbed/src/cli.ts"],
  exec: [],
};

const fail = (message) => {
  console.error(`itsy-keys: ${message}`);
  process.exit(1);
};

const run = (command, args, env) => {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (error) fail(`${command}: ${error.message}`);
  return signal === null ? status : 1;
};

/** Installs the package manager and Node.js once for each version of the lock file. */
const installToolchain = () => {
  const lock = createHash("sha256")
    .update(readFileSync(join(toolchain, "package-lock.json")))
    .digest("hex");
  const stamp = join(toolchain, "node_modules/.installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.error("itsy-keys: installing the toolchain (pnpm, Node.js 24) …");
  // Not `npm ci`: that wants every optional package of every platform in the lock file. The versions are exact.
  const quiet = ["--loglevel=error", "--no-audit", "--no-fund"];
  const status = run("npm", ["install", "--prefix", toolchain, "--no-save", ...quiet], process.env);
  if (status !== 0) fail("npm could not install scripts/toolchain; its message is above");
  writeFileSync(stamp, lock);
};

const isNewEnough = ([major, minor]) => major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);

/** The brought Node.js comes first where npm has one for this platform; else the machine's own must be new enough. */
const assertNode = () => {
  if (existsSync(join(toolchain, "node_modules/.bin/node"))) return;
  if (isNewEnough(process.versions.node.split(".").map(Number))) return;
  fail(`Node.js ${NODE_MIN.join(".")} or newer is needed, and npm has none for ${process.platform}-${process.arch}`);
};

const [name, ...rest] = process.argv.slice(2);
const task = tasks[name];
if (!task) fail(`unknown task ${name ?? "(none)"}; known: ${Object.keys(tasks).join(", ")}`);

installToolchain();
assertNode();
const env = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), join(toolchain, "node_modules/.bin"), process.env.PATH].join(delimiter),
  // As npm's own settings and Go have it: what the machine's administrator trusts, downloads trust.
  NODE_USE_SYSTEM_CA: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
};
if (run("pnpm", ["install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=error"], env) !== 0) {
  fail("pnpm could not install the dependencies; its message is above");
}
const [command, ...args] = [...task, ...rest];
if (!command) fail("exec needs a command");
const child = spawn(command, args, { cwd: root, stdio: "inherit", env });
// Ctrl-C reaches the child by itself; whoever asked for the task waits until it has put its things away.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", ({ message }) => fail(`${command}: ${message}`));
child.on("exit", (code) => process.exit(code ?? 1));
