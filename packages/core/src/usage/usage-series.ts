import type { UsageSeries } from "@itsy/contract";

import type { UsageRange, UsageStep } from "../ports.ts";

type Amounts = UsageSeries["total"];

const nothing = (): Amounts => ({ accepted: 0, cost: 0, refused: {} });

const add = (amounts: Amounts, { outcome, requests, cost }: UsageStep): void => {
  // Counted for versions only, which no series is about.
  if (outcome === "RETIRING") return;
  if (outcome === "VALID") {
    amounts.accepted += requests;
    amounts.cost += cost;
  } else {
    amounts.refused[outcome] = (amounts.refused[outcome] ?? 0) + requests;
  }
};

/** A point for every step of the range, and their sum. */
export const usageSeries = (by: UsageSeries["by"], range: UsageRange, counts: readonly UsageStep[]): UsageSeries => {
  const { from, to, stepMs } = range;
  const points = Array.from({ length: (to.getTime() - from.getTime()) / stepMs }, (_, index) => ({
    at: new Date(from.getTime() + index * stepMs).toISOString(),
    ...nothing(),
  }));
  const total = nothing();
  for (const count of counts) {
    const point = points[(count.at.getTime() - from.getTime()) / stepMs];
    if (point === undefined) throw new Error(`usage outside of what was asked for: ${count.at.toISOString()}`);
    add(point, count);
    add(total, count);
  }
  return { by, from: from.toISOString(), to: to.toISOString(), points, total };
};
