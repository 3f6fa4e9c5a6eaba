import type { Clock } from "@itsy/core";

/** The system's clock. */
export const systemClock: Clock = Object.freeze({ now: () => new Date() });

/** Milliseconds that only ever grow, whatever happens to the system's clock. */
export const monotonicMs = (): number => performance.now();
