import { parseArgs } from "node:util";
import { availability, type SourceFinding } from "./availability.ts";
import { readEnv } from "./env.ts";
import { toStderr } from "./log.ts";
import { firstOf } from "./sources/source.ts";
import { loadThings, THING_IDS, type ThingId } from "./things.ts";
import { isUnavailable } from "./unavailable.ts";

const HELP = `The real servers that tests and the quickstart run on, and kubectl to talk to them.

usage: npm run testbed -- list
       npm run testbed -- fetch [${THING_IDS.join(" | ")} | all]

list   shows each thing, where it would come from and whether it is ready
fetch  downloads or builds things ahead of time (default: all, but for what this machine can never run); what is ready
       is left as it is

environment: KUBEBUILDER_ASSETS, USE_EXISTING_CLUSTER and KUBECONFIG, MYSQL_URL, MARIADB_URL name what to use;
             XDG_CACHE_HOME says where things are kept (default: ~/.cache), in itsy-keys/ below it
`;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const details = ({ finding }: SourceFinding): string => {
  if (finding.state === "ready") return finding.detail;
  return finding.state === "obtainable" ? finding.cost : finding.reason;
};

const list = async (): Promise<number> => {
  for (const thing of await availability()) {
    print(`${thing.id} (${thing.title}): ${thing.state}${thing.chosen === null ? "" : `, from: ${thing.chosen.name}`}`);
    for (const source of thing.sources) {
      const mark = source === thing.chosen ? "*" : " ";
      print(`  ${mark} ${source.name.padEnd(22)} ${source.finding.state.padEnd(12)} ${details(source)}`);
    }
  }
  return 0;
};

/** `null` for all. */
const fetchThings = async (ids: readonly ThingId[] | null): Promise<number> => {
  let failed = 0;
  const things = (await loadThings(readEnv())).filter(({ id }) => ids === null || ids.includes(id));
  for (const { id, title, sources, whyNeverHere } of things) {
    const reason = ids === null ? await whyNeverHere?.() : null;
    if (typeof reason === "string") {
      toStderr(`${id}: not on this machine: ${reason}`);
      continue;
    }
    try {
      const { source } = await firstOf(title, sources, toStderr);
      print(`${id}: ready, from: ${source}`);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      print(`${id}: missing\n${error.message}`);
      failed += 1;
    }
  }
  return failed === 0 ? 0 : 1;
};

const isThingId = (value: string): value is ThingId => (THING_IDS as readonly string[]).includes(value);

const complain = (message: string): number => {
  toStderr(`testbed: ${message}\n\n${HELP}`);
  return 2;
};

const main = async (argv: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  const [command, ...names] = positionals;
  if (values.help === true || command === "help") {
    print(HELP);
    return 0;
  }
  switch (command) {
    case "list":
      return names.length === 0 ? list() : complain("list takes no names");
    case "fetch": {
      const unknown = names.filter((name) => name !== "all" && !isThingId(name));
      if (unknown.length > 0) return complain(`there is no ${unknown.join(", ")}`);
      return fetchThings(names.length === 0 || names.includes("all") ? null : names.filter(isThingId));
    }
    case undefined:
      return complain("a command is needed");
    default:
      return complain(`unknown command ${command}`);
  }
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  process.exitCode = isUsage ? complain(error.message) : 1;
  if (!isUsage) toStderr(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
