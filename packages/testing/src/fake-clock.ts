import type { Clock } from "@itsy/core";

/** A clock that stands still until it is moved, and the monotonic clock that moves with it. */
export interface FakeClock extends Clock {
  /** Moves forward by so many milliseconds. */
  advance(ms: number): void;
  /** Milliseconds since the fake clock was made. */
  monotonicMs(): number;
}

export const createFakeClock = (start: Date = new Date("2027-01-01T00:00:00Z")): FakeClock => {
  let elapsedMs = 0;
  return Object.freeze({
    now: () => new Date(start.getTime() + elapsedMs),
    monotonicMs: () => elapsedMs,
    advance: (ms: number) => {
      if (ms < 0) throw new RangeError("a clock goes forward");
      elapsedMs += ms;
    },
  });
};
