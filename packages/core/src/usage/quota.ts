import type { Quota } from "@itsy/contract";

/** Of the quota: at which shares somebody is told. */
export const QUOTA_PERCENTS = [80, 100] as const;
export type QuotaPercent = (typeof QUOTA_PERCENTS)[number];

/** The start of the calendar month (UTC). */
export const monthOf = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));

/** When the month is over. */
export const monthAfter = (month: Date): Date => new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1));

/** Whether a request of this cost is one too many. Only `block` refuses. */
export const isBeyond = (quota: Quota | null, usedCost: number, cost: number): boolean =>
  quota !== null && quota.mode === "block" && usedCost + cost > quota.perMonth;

/** The highest share of the quota that was reached; `null` below the first. */
export const percentReached = (quota: Quota, usedCost: number): QuotaPercent | null =>
  QUOTA_PERCENTS.findLast((percent) => usedCost * 100 >= quota.perMonth * percent) ?? null;
