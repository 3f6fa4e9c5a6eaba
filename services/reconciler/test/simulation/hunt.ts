import fc from "fast-check";

import { CHOICES } from "./moves.ts";
import { runSchedule, type Schedule } from "./run-schedule.ts";
import type { Variant } from "./variants.ts";

const schedules: fc.Arbitrary<Schedule> = fc.record({
  overlap: fc.constantFrom("0s", "10m"),
  choices: fc.array(fc.nat({ max: CHOICES - 1 }), { minLength: 10, maxLength: 120, size: "max" }),
});

/** A schedule that breaks a promise is made shorter by so many tries at most. */
const SHORTENING_TRIES_MAX = 700;

export interface Finding {
  /** The schedule that broke a promise, shorter than it was found, in words; `null` when all held. */
  readonly violation: string | null;
  readonly trace: readonly string[];
  readonly runs: number;
  /** Gives the same schedules again. */
  readonly seed: number;
}

/** Runs so many random schedules, or until one breaks a promise. */
export const hunt = async (
  { runs, seed }: { readonly runs: number; readonly seed?: number | undefined },
  variant?: Variant,
): Promise<Finding> => {
  let shorteningTries = 0;
  let isFound = false;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    if (isFound) shorteningTries += 1;
    // Held to be harmless, so that no shorter one is looked for.
    if (shorteningTries > SHORTENING_TRIES_MAX) return true;
    const { violation } = await runSchedule(schedule, variant);
    isFound ||= violation !== null;
    return violation === null;
  });
  const result = await fc.check(property, { numRuns: runs, ...(seed !== undefined && { seed }) });
  const [worst] = result.counterexample ?? [];
  if (worst === undefined) return { violation: null, trace: [], runs: result.numRuns, seed: result.seed };
  const { violation, trace } = await runSchedule(worst, variant);
  return { violation: violation?.message ?? "it did not happen again", trace, runs: result.numRuns, seed: result.seed };
};
