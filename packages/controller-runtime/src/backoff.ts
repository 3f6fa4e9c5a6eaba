/** Milliseconds to wait before a retry; `attempt` is 0 after the first failure. */
export type Backoff = (attempt: number) => number;

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

const ceilingMs = ({ baseMs, maxMs }: BackoffOptions, attempt: number): number =>
  Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 52));

/**
 * Anywhere between zero and the exponential ceiling: clients that failed together do not come back together.
 * Source: M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export const fullJitter =
  (options: BackoffOptions): Backoff =>
  (attempt) =>
    (options.random ?? Math.random)() * ceilingMs(options, attempt);

/** Between half of the exponential ceiling and all of it: jitter, and yet a failing key never comes back at once. */
export const halfJitter =
  (options: BackoffOptions): Backoff =>
  (attempt) =>
    (0.5 + (options.random ?? Math.random)() / 2) * ceilingMs(options, attempt);
