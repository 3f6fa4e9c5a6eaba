import fc from "fast-check";
import { runSchedule } from "./run-schedule.ts";
import { type Schedule, schedules } from "./schedule.ts";
import type { Simulation } from "./simulation.ts";
import type { Variant } from "./variants.ts";

export interface Hunt {
  readonly seed: number;
  readonly runs: number;
}

/** The first schedule, counted from 1, that makes the variant break the promise. */
export const huntFor = async (
  variant: Variant,
  { seed, runs }: Hunt,
): Promise<{ readonly run: number; readonly schedule: Schedule } | null> => {
  let run = 0;
  for (const schedule of fc.sample(schedules, { seed, numRuns: runs })) {
    run += 1;
    if ((await runSchedule(schedule, { variant })).findViolations().length > 0) return { run, schedule };
  }
  return null;
};

/** What led to the first violation, to be read. */
const tell = ({ trace, findViolations }: Simulation): string => {
  const [first] = findViolations();
  if (first === undefined) return "it did not happen again";
  const { change, verify } = first;
  const lines = trace.filter(({ tick }) => tick <= verify.returnedAt);
  const returned = `version ${change.version} of ${change.keyId} returned on ${change.node} at tick ${change.returnedAt}`;
  const source = verify.fromMemory ? "from memory" : "by a lookup";
  const answered = `${verify.node}, asked at tick ${verify.invokedAt}, answered ${source} by version ${verify.version}`;
  return [...lines.map(({ tick, text }) => `${String(tick).padStart(5)} ${text}`), returned, answered].join("\n");
};

export interface Figures {
  readonly changes: number;
  readonly changesEverywhere: number;
  readonly answers: number;
  readonly answersFromMemory: number;
}

/** Runs the schedules; a violation is shrunk, and thrown with its trace and the seed. */
export const runAll = async (variant: Variant, { seed, runs }: Hunt): Promise<Figures> => {
  const figures = { changes: 0, changesEverywhere: 0, answers: 0, answersFromMemory: 0 };
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const simulation = await runSchedule(schedule, { variant });
    const { changes, verifies } = simulation.history;
    figures.changes += changes.length;
    figures.changesEverywhere += changes.filter(({ effectiveEverywhere }) => effectiveEverywhere).length;
    figures.answers += verifies.length;
    figures.answersFromMemory += verifies.filter(({ fromMemory }) => fromMemory).length;
    if (simulation.findViolations().length === 0) return;
    throw new Error(tell(await runSchedule(schedule, { variant, isTraced: true })));
  });
  await fc.assert(property, { seed, numRuns: runs });
  return figures;
};
