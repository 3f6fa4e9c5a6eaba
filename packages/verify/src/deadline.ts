/** An attempt took longer than it may. */
export class TimedOut extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = "TimedOut";
  }
}

export interface Deadline {
  readonly limitMs: number;
  /** Ends the work early; the promise rejects with its reason. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs `work` with a signal that fires when the time is over or the caller gave up. Settles then even when the work
 * does not listen to its signal. Rejects with `TimedOut`, with the caller's reason, or with what the work threw.
 */
export const withDeadline = <T>(work: (signal: AbortSignal) => Promise<T>, deadline: Deadline): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const { limitMs, signal } = deadline;
    const controller = new AbortController();
    const stop = (reason: unknown) => {
      reject(reason);
      controller.abort(reason);
    };
    // AbortSignal.timeout would leave a timer behind for each attempt that was answered.
    const timer = setTimeout(() => stop(new TimedOut(limitMs)), limitMs);
    const onAbort = () => stop(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    work(controller.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      });
  });

/** Resolves as `work` does; rejects with the signal's reason as soon as it fires, and leaves the work running. */
export const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
};

/** Waits; rejects with the signal's reason as soon as it fires. */
export const pause = (durationMs: number, signal: AbortSignal | undefined): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, durationMs);
  });
  return unlessAborted(waiting, signal).finally(() => clearTimeout(timer));
};
