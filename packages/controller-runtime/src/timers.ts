/** Time as an input. Everything that waits or measures does it here, so that tests can own time. */
export interface Timers {
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  monotonicMs(): number;
  /** Runs `run` once after `delayMs`; the returned function cancels it. */
  setTimeout(run: () => void, delayMs: number): () => void;
}

/** The wall clock, for times that other people read. */
export interface Clock {
  now(): Date;
}

// Node turns a longer delay into 1 ms.
const longestTimeoutMs = 2 ** 31 - 1;

export const systemTimers: Timers = Object.freeze({
  monotonicMs: () => performance.now(),
  setTimeout: (run, delayMs) => {
    const handle = setTimeout(run, Math.min(delayMs, longestTimeoutMs));
    return () => clearTimeout(handle);
  },
} satisfies Timers);

export const systemClock: Clock = Object.freeze({ now: () => new Date() });

/** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
export const sleep = (timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = timers.setTimeout(wake, delayMs);
    signal.addEventListener("abort", wake);
  });
