import { randomUUID } from "node:crypto";

import {
  createUsageCounter,
  createWriteUsage,
  type DomainDeps,
  startUsageWriter,
  type UsageCounter,
  type UsageMeter,
  type UsageWriter,
} from "@itsy/core";

import { systemTimers } from "../adapters/timers.ts";
import type { Logger } from "../http/logger.ts";

const ENTRIES_MAX = 100_000;
const LOG_FAULTS_EVERY_MS = 10_000;

/** Counts what is answered. Dispose of it after the last request, before the database: it writes what is left. */
export interface Metering extends AsyncDisposable {
  readonly meter: UsageMeter;
  readonly counter: Pick<UsageCounter, "size" | "foldedRequests">;
  readonly flush: UsageWriter["flush"];
}

export interface MeterUsageDeps extends Pick<DomainDeps, "database" | "clock"> {
  readonly monotonicMs: () => number;
  readonly logger: Pick<Logger, "warn">;
}

export const meterUsage = ({ database, clock, monotonicMs, logger }: MeterUsageDeps): Metering => {
  const counter = createUsageCounter({ entriesMax: ENTRIES_MAX });
  let loggedMs = Number.NEGATIVE_INFINITY;
  const writer = startUsageWriter({
    counter,
    write: createWriteUsage({ database, clock }),
    forget: (writerId) => database.transaction(({ usage }) => usage.forgetWriter(writerId)),
    writerId: randomUUID(),
    timers: systemTimers,
    onFault: (err) => {
      if (monotonicMs() - loggedMs < LOG_FAULTS_EVERY_MS) return;
      loggedMs = monotonicMs();
      logger.warn({ err, entries: counter.size }, "usage could not be written; it is kept and written later");
    },
  });
  return Object.freeze({
    meter: counter,
    counter,
    flush: writer.flush,
    [Symbol.asyncDispose]: async () => {
      const lost = await writer.stop();
      if (lost > 0) logger.warn({ entries: lost }, "usage could not be written before the end, and is lost");
    },
  });
};
