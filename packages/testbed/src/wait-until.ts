import { setTimeout as sleep } from "node:timers/promises";

export type WaitOptions = {
  /** What is awaited; completes the sentence "timed out waiting until …". */
  readonly what: string;
  /** Default 10 000. */
  readonly timeoutMs?: number;
  /** Default 50. */
  readonly intervalMs?: number;
};

type Falsy = false | null | undefined | 0 | "";

/**
 * Calls `check` until it returns something truthy, and returns that. An error thrown by `check` means "not yet".
 * At least one call is made. An attempt that hangs is not interrupted but does not outlive the timeout.
 * @throws Error after `timeoutMs`, with the last error of `check` as its cause.
 */
export const waitUntil = async <T>(
  check: () => T | Promise<T>,
  { what, timeoutMs = 10_000, intervalMs = 50 }: WaitOptions,
): Promise<Exclude<Awaited<T>, Falsy>> => {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    const abort = new AbortController();
    const remainingMs = Math.max(0, deadline - performance.now());
    const outOfTime = sleep(Math.max(remainingMs, intervalMs), null, { signal: abort.signal }).catch(() => null);
    try {
      const result = await Promise.race([Promise.resolve().then(check), outOfTime]);
      if (result) return result as Exclude<Awaited<T>, Falsy>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    } finally {
      abort.abort();
    }
    if (performance.now() >= deadline) break;
    await sleep(Math.min(intervalMs, Math.max(0, deadline - performance.now())));
  }
  throw new Error(`timed out after ${timeoutMs} ms waiting until ${what}`, { cause: lastError });
};
