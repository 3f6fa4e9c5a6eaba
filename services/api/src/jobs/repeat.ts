import type { Logger } from "../logger.ts";

export interface Repetition {
  /** For the log: "… failed". */
  readonly what: string;
  readonly everyMs: number;
  readonly logger: Pick<Logger, "warn">;
}

/**
 * Runs the work again and again until it is disposed of, never twice at a time; one that fails is logged, and has its next
 * turn like any other.
 */
export const repeat = ({ what, everyMs, logger }: Repetition, work: () => Promise<unknown>): Disposable => {
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error }, `${what} failed`);
    } finally {
      isRunning = false;
    }
  };
  const timer = setInterval(() => void run(), everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
