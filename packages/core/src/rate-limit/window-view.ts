import { latestSpendMs, slotEndMs } from "./count-slot.ts";
import type { RateRow } from "./rate-row.ts";

/** Permits that count now, of all replicas. */
export const permitsCounted = (row: RateRow): number =>
  row.counts.reduce((total, count) => total + count.spent + count.held, 0);

/** Permits that replicas drew ahead and may give back. */
export const permitsHeld = (row: RateRow): number => row.counts.reduce((total, count) => total + count.held, 0);

/** Permits that the window admits now; none when a limit was lowered below what is counted. */
export const permitsFree = (row: RateRow, limit: number): number => Math.max(0, limit - permitsCounted(row));

/**
 * When a request of this cost is admitted at the latest, on the database's clock, if no other comes before it.
 * `cost` may not exceed `limit`: such a request is never admitted.
 */
export const admitsAtMs = (row: RateRow, limit: number, cost: number): number => {
  let counted = permitsCounted(row);
  if (counted + cost <= limit) return row.clockMs;
  for (const { slot, spent, held } of row.counts) {
    counted -= spent + held;
    if (counted + cost <= limit) return slotEndMs(slot);
  }
  return row.clockMs;
};

/** What a replica gives back is written this long after its lease ended, usually. */
const GIVE_BACK_MS = 150;

/**
 * When it is worth asking again although the counts say that nothing is free yet: permits that were drawn ahead come
 * back when their lease ends. Later and later for one that did not come: its replica may be gone.
 * On the database's clock; infinity when nothing can come back.
 */
export const mayComeBackAtMs = (row: RateRow): number => {
  let earliestMs = Number.POSITIVE_INFINITY;
  for (const { slot, held } of row.counts) {
    if (held === 0) continue;
    const endedMs = latestSpendMs(slot);
    const overdueMs = Math.max(0, row.clockMs - endedMs);
    const againMs = overdueMs === 0 ? endedMs + GIVE_BACK_MS : row.clockMs + Math.max(GIVE_BACK_MS, overdueMs);
    earliestMs = Math.min(earliestMs, againMs);
  }
  return earliestMs;
};
