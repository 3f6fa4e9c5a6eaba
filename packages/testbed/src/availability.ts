import { readEnv } from "./env.ts";
import type { Finding } from "./sources/source.ts";
import { loadThings, type ThingId } from "./things.ts";

export type SourceFinding = {
  readonly name: string;
  readonly howTo: string;
  readonly finding: Finding;
};

/** What this machine has of one thing. Nothing is downloaded or started to find it out. */
export type Availability = {
  readonly id: ThingId;
  readonly title: string;
  /** `ready`: starts at once; `obtainable`: will be fetched or built first; `missing`: there is no source. */
  readonly state: "ready" | "obtainable" | "missing";
  /** The source that will be tried first, or null. */
  readonly chosen: SourceFinding | null;
  /** Every source, in the order in which they are tried. */
  readonly sources: readonly SourceFinding[];
};

/** Looks at every source of every thing. */
export const availability = async (): Promise<readonly Availability[]> => {
  const things = await loadThings(readEnv());
  return Promise.all(
    things.map(async ({ id, title, sources }) => {
      const findings = await Promise.all(
        sources.map(async ({ name, howTo, inspect }) => ({ name, howTo, finding: await inspect() })),
      );
      const chosen = findings.find(({ finding }) => finding.state !== "unavailable") ?? null;
      const state = chosen === null || chosen.finding.state === "unavailable" ? "missing" : chosen.finding.state;
      return { id, title, state, chosen, sources: findings };
    }),
  );
};
