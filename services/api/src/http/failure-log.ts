import type { ErrorCode } from "@itsy/contract";
import type { Logger } from "../logger.ts";
import { createAtMostEvery } from "./at-most-every.ts";
import type { Door } from "./request-durations.ts";

export interface Failure {
  readonly door: Door;
  readonly requestId: string;
  /** What was answered. */
  readonly code: ErrorCode;
}

/** Logs what went wrong on our side. */
export type LogFailure = (thrown: unknown, failure: Failure) => void;

export interface FailureLogDeps {
  readonly logger: Pick<Logger, "error">;
  readonly monotonicMs: () => number;
}

/** What is unavailable is unavailable for every request: the first one says why. */
const UNAVAILABLE_EVERY_MS = 10_000;

/**
 * Every defect by itself, since its sender is told a request id; an outage every ten seconds, with the number of
 * failures that were not logged since, or the log of the hot doors would be as busy as they are.
 */
export const createFailureLog = ({ logger, monotonicMs }: FailureLogDeps): LogFailure => {
  const whenUnavailable = createAtMostEvery(UNAVAILABLE_EVERY_MS, monotonicMs);
  return (thrown, failure) => {
    if (failure.code !== "UNAVAILABLE") return logger.error({ err: thrown, ...failure }, "failed");
    whenUnavailable((unlogged) => logger.error({ err: thrown, ...failure, unlogged }, "failed"));
  };
};
