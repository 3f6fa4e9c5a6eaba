import { ItsyError } from "./itsy-error.ts";

export interface Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs `work` with a signal that fires when the time is over or the caller gave up. Settles then even when the work
 * does not listen to its signal. Rejects with `UNREACHABLE`, or with what the work threw.
 */
export const withDeadline = <T>(work: (signal: AbortSignal) => Promise<T>, deadline: Deadline): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const { timeoutMs, signal } = deadline;
    const controller = new AbortController();
    const stop = (message: string, cause: unknown): void => {
      end();
      reject(new ItsyError("UNREACHABLE", message, { cause }));
      controller.abort(cause);
    };
    const giveUp = (): void => stop("the caller gave up", signal?.reason);
    const timeIsUp = (): void => {
      const message = `no answer within ${timeoutMs} ms`;
      stop(message, new DOMException(message, "TimeoutError"));
    };
    // Not `AbortSignal.any` with `AbortSignal.timeout`: those keep their timer, and with it what listens to them, after
    // the call has ended. In a process that makes thousands of calls that is most of its memory.
    const timer = setTimeout(timeIsUp, timeoutMs);
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    };
    if (signal?.aborted) {
      giveUp();
      return;
    }
    signal?.addEventListener("abort", giveUp);
    work(controller.signal).finally(end).then(resolve, reject);
  });
