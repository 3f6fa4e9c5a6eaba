import { waitUntil } from "@itsy/testbed";

import type { Program } from "../../src/program.ts";
import { startReconciler } from "../../src/reconciler.ts";
import type { World } from "../world/world.ts";

// Without election they all act at once; with it, only the first would.
const AT_ONCE = { LEADER_ELECTION: "false", RETRY_MAX: "500ms", RESYNC: "5s" };

/** A reconciler beside any others. At the log level `trace` it tells its effects. */
export const startAnother = (
  world: World,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> =>
  startReconciler({
    service: world.service,
    kubeconfigPath: world.cluster.reconciler.kubeconfigPath,
    name,
    env: { ...AT_ONCE, ...env },
  });

/** The effects that have happened in it so far, in their order. */
export const effectsOf = ({ lines }: Pick<Program, "lines">): readonly string[] =>
  lines
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { msg?: string; effect?: string; phase?: string })
    .filter(({ msg, phase }) => msg === "effect" && phase === "after")
    .map(({ effect = "" }) => effect);

/**
 * Waits until the fault has happened to this very process: it lost the answer, or ended by the signal, which nobody else
 * sends. @throws Error when it ends in another way, or never comes to its point.
 */
export const untilStruck = async (struck: Program, point: string): Promise<void> => {
  const [fault, effect, occurrence = 1] = point.split(":");
  const hasHappened = () =>
    fault === "lost"
      ? effectsOf(struck).filter((it) => it === effect).length >= Number(occurrence)
      : struck.exit !== null;
  await waitUntil(hasHappened, { what: `a reconciler came to ${point}`, timeoutMs: 60_000 }).catch((cause: unknown) => {
    throw new Error(`its output:\n${struck.lines.join("\n")}`, { cause });
  });
  const { exit } = struck;
  const isAsItShould = fault === "lost" ? exit === null : exit?.signal === "SIGKILL";
  if (!isAsItShould) throw new Error(`it ended with ${JSON.stringify(exit)}, its output:\n${struck.lines.join("\n")}`);
};
