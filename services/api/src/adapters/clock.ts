import { performance } from "node:perf_hooks";

import type { Clock } from "@itsy/core";

/** The system's clock. */
export const systemClock: Clock = Object.freeze({ now: () => new Date() });

// Imported: the global one is looked up anew at each call.
/** Milliseconds that only ever grow, whatever happens to the system's clock. */
export const monotonicMs = (): number => performance.now();
