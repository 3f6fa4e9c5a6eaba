import type { Logger } from "../http/logger.ts";

const HOUR_MS = 3_600_000;

/** Runs the work about once an hour until it is disposed of; one that fails is logged, and run again an hour later. */
export const everyHour = (what: string, work: () => Promise<unknown>, logger: Pick<Logger, "warn">): Disposable => {
  const run = async () => {
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error }, `${what} failed`);
    }
  };
  const timer = setInterval(() => void run(), HOUR_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
