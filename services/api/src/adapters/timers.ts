import type { Timers } from "@itsy/core";

export const systemTimers: Timers = Object.freeze({
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});
