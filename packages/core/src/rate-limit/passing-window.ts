import type { RateLimitState } from "@itsy/contract";

import { slotEndMs } from "./count-slot.ts";
import { type PermitLease, settleLease, spentCount, withoutLease } from "./permit-lease.ts";
import { databaseNowMs, locallyAtMs, type WindowView } from "./remembered-refusal.ts";
import { permitsCounted } from "./window-view.ts";

/** A window that is looked at again and again as time passes, without being read again. */
export interface PassingWindow {
  readonly view: WindowView;
  /** The view as if all own leases were settled with what is spent of them so far. */
  settledView(): WindowView;
  /** What a caller is told at an instant of the replica's monotonic clock, which never goes back between calls. */
  stateAt(nowMs: number, limit?: number): RateLimitState;
}

/**
 * Each look costs only what has left the window since the one before.
 * @param own leases of this replica that the view counts. Callers are told what is spent of them, and until when that
 * counts: the rest can be spent by the next request, or is given back when no request comes.
 */
export const createPassingWindow = (view: WindowView, own: readonly PermitLease[] = []): PassingWindow => {
  // What was drawn in another era cannot be found in the row: it counts as taken.
  const leases = own.filter(({ era }) => era === view.row.era);
  const others = leases.reduce(withoutLease, view.row);
  const othersSlot = others.counts.at(-1)?.slot ?? 0;
  let counted = permitsCounted(others);
  let left = 0;

  const forgetPassed = (clockMs: number) => {
    for (let count = others.counts[left]; count !== undefined; count = others.counts[left]) {
      if (slotEndMs(count.slot) > clockMs) return;
      counted -= count.spent + count.held;
      left += 1;
    }
  };

  return {
    view,
    settledView: () => ({ ...view, row: leases.reduce(settleLease, view.row) }),
    stateAt: (nowMs, limit = view.limit) => {
      const clockMs = databaseNowMs(view, nowMs);
      forgetPassed(clockMs);
      let taken = counted;
      let lastSlot = othersSlot;
      for (const lease of leases) {
        const { slot, spent } = spentCount(lease);
        if (slotEndMs(slot) <= clockMs) continue;
        taken += spent;
        lastSlot = Math.max(lastSlot, slot);
      }
      const remaining = Math.min(limit, Math.max(0, limit - taken));
      return { limit, remaining, resetMs: Math.max(0, Math.ceil(locallyAtMs(view, slotEndMs(lastSlot)) - nowMs)) };
    },
  };
};
