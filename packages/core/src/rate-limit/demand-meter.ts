/** What is remembered of the past weighs half after about a third of a second. */
const MEMORY_MS = 500;

/** A few requests at once are no demand of hundreds a second. */
const PEAK_OVER_MS = 100;

/** Permits a second that a key was asked for. */
export interface Demand {
  /** Lately: an exponentially weighted mean over the time between readings. */
  readonly perSecond: number;
  /** The same, or since the last reading if that was more. */
  readonly peakPerSecond: number;
}

/** What a key is asked for, from counts between readings: counting costs an addition. */
export interface DemandMeter {
  add(permits: number): void;
  read(nowMs: number): Demand;
}

class Meter implements DemandMeter {
  #permits = 0;
  #perSecond = 0;
  #readAtMs: number;

  constructor(startMs: number) {
    this.#readAtMs = startMs;
  }

  add(permits: number): void {
    this.#permits += permits;
  }

  read(nowMs: number): Demand {
    // A millisecond at least: a first request would be an infinite rate.
    const passedMs = Math.max(1, nowMs - this.#readAtMs);
    const kept = Math.exp(-passedMs / MEMORY_MS);
    const permits = this.#permits;
    this.#perSecond = this.#perSecond * kept + (permits / passedMs) * 1000 * (1 - kept);
    this.#permits = 0;
    this.#readAtMs = nowMs;
    const perSecond = this.#perSecond;
    return { perSecond, peakPerSecond: Math.max(perSecond, (permits * 1000) / Math.max(PEAK_OVER_MS, passedMs)) };
  }
}

export const createDemandMeter = (startMs: number): DemandMeter => new Meter(startMs);
