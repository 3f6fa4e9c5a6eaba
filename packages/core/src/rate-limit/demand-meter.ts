/** What is remembered of the past weighs half after about a third of a second. */
const MEMORY_MS = 500;

/** How many permits a second a key is asked for, from counts between readings: counting costs an addition. */
export interface DemandMeter {
  add(permits: number): void;
  /** Permits a second, lately. */
  read(nowMs: number): number;
}

/** An exponentially weighted mean over the time between readings. */
export const createDemandMeter = (startMs: number): DemandMeter => {
  let permits = 0;
  let perSecond = 0;
  let readAtMs = startMs;
  return {
    add: (more) => {
      permits += more;
    },
    read: (nowMs) => {
      // A millisecond at least: a first request would be an infinite rate.
      const passedMs = Math.max(1, nowMs - readAtMs);
      const kept = Math.exp(-passedMs / MEMORY_MS);
      perSecond = perSecond * kept + (permits / passedMs) * 1000 * (1 - kept);
      permits = 0;
      readAtMs = nowMs;
      return perSecond;
    },
  };
};
