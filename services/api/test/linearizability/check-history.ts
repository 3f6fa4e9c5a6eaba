import type { Ended, Entry, Instant, Used } from "./history.ts";

export interface Violation {
  readonly rule: "accepted after the end" | "refused before the end";
  readonly use: Used;
  readonly ends: readonly Ended[];
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** How many secrets have an end that was promised. */
  readonly ended: number;
  readonly accepted: number;
  /** Verifications that began after the promised end of their secret: those that could have shown a violation. */
  readonly afterTheEnd: number;
}

interface Life {
  bornBy: Instant;
  readonly ends: Ended[];
}

const lives = (history: readonly Entry[]): ReadonlyMap<string, Life> => {
  const found = new Map<string, Life>();
  for (const entry of history) {
    const life = found.get(entry.secret) ?? { bornBy: Number.POSITIVE_INFINITY, ends: [] };
    found.set(entry.secret, life);
    if (entry.kind === "born") life.bornBy = Math.min(life.bornBy, entry.returned);
    if (entry.kind === "ended") life.ends.push(entry);
  }
  return found;
};

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Holds a history against what is promised of a secret, a register that is written once:
 *
 * - no verification that was invoked after the end was promised accepts;
 * - no verification refuses that was invoked after the secret was handed out and returned before any call to end it was
 *   invoked.
 *
 * In between, replicas may differ. Calls without an answer may have taken effect at any time after they were invoked.
 */
export const checkHistory = (history: readonly Entry[]): Verdict => {
  const known = lives(history);
  const uses = history.filter((entry) => entry.kind === "used");
  const judged = uses.map((use) => {
    const { bornBy, ends } = known.get(use.secret) ?? { bornBy: NEVER, ends: [] };
    const holdsFrom = Math.min(NEVER, ...ends.map((end) => end.holdsFrom ?? NEVER));
    const mayEndFrom = Math.min(NEVER, ...ends.map((end) => end.invoked));
    const isAfter = use.invoked > holdsFrom;
    const isBefore = use.invoked > bornBy && use.returned < mayEndFrom;
    return { use, ends, isAfter, isBefore };
  });
  const violations = judged.flatMap(({ use, ends, isAfter, isBefore }): Violation[] => {
    if (use.accepted && isAfter) return [{ rule: "accepted after the end", use, ends }];
    if (!use.accepted && isBefore) return [{ rule: "refused before the end", use, ends }];
    return [];
  });
  return {
    violations,
    ended: [...known.values()].filter(({ ends }) => ends.some(({ holdsFrom }) => holdsFrom !== null)).length,
    accepted: uses.filter(({ accepted }) => accepted).length,
    afterTheEnd: judged.filter(({ isAfter }) => isAfter).length,
  };
};
