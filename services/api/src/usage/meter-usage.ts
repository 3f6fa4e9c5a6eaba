import { randomUUID } from "node:crypto";

import {
  createLearnQuotas,
  createQuotaLedger,
  createUsageCounter,
  createWriteUsage,
  type DomainDeps,
  type QuotaGate,
  type QuotaReached,
  startUsageWriter,
  type UsageCounter,
  type UsageMeter,
} from "@itsy/core";

import { systemTimers } from "../adapters/timers.ts";
import { createAtMostEvery } from "../http/at-most-every.ts";
import type { Logger } from "../logger.ts";

const ENTRIES_MAX = 100_000;
const LOG_FAULTS_EVERY_MS = 10_000;

/**
 * Counts what is answered, and knows the quotas by it. Dispose of it after the last request, before the database: it
 * writes what is left.
 */
export interface Metering extends AsyncDisposable {
  readonly meter: UsageMeter;
  readonly quotas: QuotaGate;
  readonly counter: Pick<UsageCounter, "size" | "foldedRequests">;
  /** Told when a workspace's month reaches a share of its quota: once, by one of all replicas. */
  readonly onQuotaReached: (listener: (reached: QuotaReached) => void) => void;
}

export interface MeterUsageDeps extends Pick<DomainDeps, "database" | "clock"> {
  readonly monotonicMs: () => number;
  readonly logger: Pick<Logger, "warn">;
}

export const meterUsage = ({ database, clock, monotonicMs, logger }: MeterUsageDeps): Metering => {
  const counter = createUsageCounter({ entriesMax: ENTRIES_MAX });
  const listeners: ((reached: QuotaReached) => void)[] = [];
  const ledger = createQuotaLedger({ onStale: () => writer.hurry() });
  const writeUsage = createWriteUsage({ database, clock });
  const atTimes = createAtMostEvery(LOG_FAULTS_EVERY_MS, monotonicMs);
  const onReached = (reached: QuotaReached) => {
    const { workspace, percent, cost, quota } = reached;
    logger.warn({ workspace, percent, used: cost, quota }, "a workspace reached a share of its monthly quota");
    for (const listener of listeners) listener(reached);
  };
  const writer = startUsageWriter({
    counter,
    write: async (batch) => {
      await writeUsage(batch);
      ledger.written(batch.months);
    },
    afterwards: createLearnQuotas({ database, clock, ledger, onReached }),
    forget: (writerId) => database.transaction(({ usage }) => usage.forgetWriter(writerId)),
    writerId: randomUUID(),
    timers: systemTimers,
    onFault: (err) =>
      atTimes(() =>
        logger.warn({ err, entries: counter.size }, "usage could not be written; it is kept and written later"),
      ),
  });
  return Object.freeze({
    meter: counter,
    quotas: ledger,
    counter,
    onQuotaReached: (listener: (reached: QuotaReached) => void) => void listeners.push(listener),
    [Symbol.asyncDispose]: async () => {
      const lost = await writer.stop();
      if (lost > 0) logger.warn({ entries: lost }, "usage could not be written before the end, and is lost");
    },
  });
};
