/** An abort signal that follows the caller's, and that also aborts when time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Time is no longer limited; the caller's signal still counts. */
  lift(): void;
  /** Lets go of the timer and the caller's signal. */
  end(): void;
}

/** Not `AbortSignal.any` with `AbortSignal.timeout`: those keep their timer after the request has ended. */
export const startDeadline = (timeoutMs: number, signal: AbortSignal | undefined): Deadline => {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  if (signal?.aborted) follow();
  else signal?.addEventListener("abort", follow);
  return {
    signal: controller.signal,
    lift: () => clearTimeout(timer),
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", follow);
    },
  };
};

/** Rejects with the signal's reason as soon as it aborts, also when the promise itself is slow to notice. */
export const orAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    const settled = (): void => signal.removeEventListener("abort", stop);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(settled);
  });
