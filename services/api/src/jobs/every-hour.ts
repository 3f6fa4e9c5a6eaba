import type { Logger } from "../logger.ts";
import { repeat } from "./repeat.ts";

const HOUR_MS = 3_600_000;

/** Runs the work about once an hour until it is disposed of; one that fails is logged, and run again an hour later. */
export const everyHour = (what: string, work: () => Promise<unknown>, logger: Pick<Logger, "warn">): Disposable =>
  repeat({ what, everyMs: HOUR_MS, logger }, work);
