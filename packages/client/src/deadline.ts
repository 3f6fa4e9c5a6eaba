/** An abort signal that follows the caller's, and that also aborts when time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the caller's signal. */
  readonly end: () => void;
}

/**
 * Not `AbortSignal.any` with `AbortSignal.timeout`: those keep their timer, and with it what listens to them, after the
 * call has ended. In a process that makes thousands of calls that is most of its memory.
 */
export const startDeadline = (timeoutMs: number, signal: AbortSignal | undefined): Deadline => {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  const timeIsUp = (): void => controller.abort(new DOMException(`no answer within ${timeoutMs} ms`, "TimeoutError"));
  const timer = setTimeout(timeIsUp, timeoutMs);
  if (signal?.aborted) follow();
  else signal?.addEventListener("abort", follow);
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", follow);
    },
  };
};
