import type { Timers } from "./timers.ts";

/** A signal that aborts when the given one does or when the time is up. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the given signal. */
  end(): void;
}

export const startLimit = (
  { timers, timeoutMs }: { readonly timers: Timers; readonly timeoutMs: number | undefined },
  signal: AbortSignal,
): TimeLimit => {
  if (timeoutMs === undefined) return { signal, end: () => {} };
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  const cancel = timers.setTimeout(() => controller.abort(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow);
  return {
    signal: controller.signal,
    end: () => {
      cancel();
      signal.removeEventListener("abort", follow);
    },
  };
};
