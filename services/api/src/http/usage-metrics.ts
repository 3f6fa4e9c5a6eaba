import { QUOTA_PERCENTS, type QuotaReached } from "@itsy/core";
import { Counter, Gauge, type Registry } from "prom-client";

import { countedElsewhere } from "./counted-elsewhere.ts";

/** What is counted and not written yet, for metrics. */
export interface UsageSource {
  readonly counter: { readonly size: number; readonly foldedRequests: number };
  readonly onQuotaReached: (listener: (reached: QuotaReached) => void) => void;
}

export const registerUsage = ({ counter, onQuotaReached }: UsageSource, registers: Registry[]): void => {
  const waiting: Gauge = new Gauge({
    name: "itsy_usage_waiting_entries",
    help: "Secret versions with counts that are not in the database yet.",
    registers,
    collect: () => waiting.set(counter.size),
  });
  countedElsewhere({
    name: "itsy_usage_folded_requests_total",
    help: "Requests that were counted for their workspace only, since too much was waiting for the database.",
    registers,
    read: () => counter.foldedRequests,
  });
  const reached = new Counter({
    name: "itsy_quota_reached_total",
    help: "Workspaces whose month reached a share of its quota, each told by one replica; the log names them.",
    labelNames: ["percent"],
    registers,
  });
  for (const percent of QUOTA_PERCENTS) reached.inc({ percent }, 0);
  onQuotaReached(({ percent }) => reached.inc({ percent }));
};
