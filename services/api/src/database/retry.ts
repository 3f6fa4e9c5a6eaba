import { ConcurrentChange, type RetryBound } from "@itsy/core";

import { DatabaseError } from "./database-error.ts";

export interface RetryOptions {
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly sleep: (delayMs: number) => Promise<void>;
  /** Of a clock that only goes forward. */
  readonly nowMs: () => number;
}

/** Runs after the first one. */
export const RETRIES_MAX = 5;
const DELAY_BASE_MS = 10;
const DELAY_MAX_MS = 250;
/** With the wait for a connection before and for one lock after it, no longer than the 10 s after which clients give up. */
const RETRY_FOR_MS = 3_000;

/** Both mean that another transaction was faster: the same work may succeed on what it left. */
const isRetryable = (error: unknown): boolean =>
  error instanceof ConcurrentChange || (error instanceof DatabaseError && error.code === "DEADLOCK");

/**
 * Exponential backoff with full jitter: anything from nothing to a bound that doubles.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const retryDelayMs = (retry: number, random: () => number): number =>
  random() * Math.min(DELAY_MAX_MS, DELAY_BASE_MS * 2 ** retry);

/**
 * Runs `attempt` until it succeeds, fails for a reason that will not pass, was run again `RETRIES_MAX` times, or fails
 * after `retryForMs`: one that waits for locks takes seconds each time.
 */
export const withRetries = async <Result>(
  options: RetryOptions,
  attempt: () => Promise<Result>,
  { retryForMs = RETRY_FOR_MS }: RetryBound = {},
): Promise<Result> => {
  const begunMs = options.nowMs();
  for (let retry = 0; ; retry += 1) {
    try {
      return await attempt();
    } catch (error) {
      const isOver = retry >= RETRIES_MAX || options.nowMs() - begunMs >= retryForMs;
      if (isOver || !isRetryable(error)) throw error;
    }
    await options.sleep(retryDelayMs(retry, options.random));
  }
};
