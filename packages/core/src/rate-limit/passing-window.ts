import type { RateLimitState } from "@itsy/contract";

import { slotEndMs } from "./count-slot.ts";
import { databaseNowMs, emptiesAtMs, type WindowView } from "./remembered-refusal.ts";
import { permitsCounted } from "./window-view.ts";

/** A window that is looked at again and again as time passes, without being read again. */
export interface PassingWindow {
  readonly view: WindowView;
  /**
   * What a caller is told at an instant of the replica's monotonic clock, which never goes back between calls. `inHand`:
   * permits that the window counts, and that this replica can still spend.
   */
  stateAt(nowMs: number, hand?: { readonly limit?: number; readonly inHand?: number }): RateLimitState;
}

/** Each look costs only what has left the window since the one before. */
export const createPassingWindow = (view: WindowView): PassingWindow => {
  const { row } = view;
  const emptyMs = emptiesAtMs(view);
  let counted = permitsCounted(row);
  let left = 0;

  const forgetPassed = (nowMs: number) => {
    const clockMs = databaseNowMs(view, nowMs);
    for (let count = row.counts[left]; count !== undefined; count = row.counts[left]) {
      if (slotEndMs(count.slot) > clockMs) return;
      counted -= count.spent + count.held;
      left += 1;
    }
  };

  return {
    view,
    stateAt: (nowMs, { limit = view.limit, inHand = 0 } = {}) => {
      forgetPassed(nowMs);
      const remaining = Math.min(limit, Math.max(0, limit - counted + inHand));
      return { limit, remaining, resetMs: Math.max(0, Math.ceil(emptyMs - nowMs)) };
    },
  };
};
