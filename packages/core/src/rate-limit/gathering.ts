import type { Schedule } from "./ports.ts";

/** Runs what it is given: at once, or together with what others give it meanwhile. */
export type Gathering = (run: () => void) => void;

/** Everything given to it runs `forMs` after the first of it, in one turn; with 0 at once. */
export const createGathering = (schedule: Schedule, forMs: number): Gathering => {
  if (forMs === 0) return (run) => run();
  let gathered: (() => void)[] = [];
  const runAll = () => {
    const together = gathered;
    gathered = [];
    for (const run of together) run();
  };
  return (run) => {
    if (gathered.push(run) === 1) schedule(forMs, runAll);
  };
};
