import type { RateLimitState } from "@itsy/contract";

const SLOT_MS = 1000;
const SLOTS = 60;
export const WINDOW_MS = SLOT_MS * SLOTS;

/**
 * Counts of accepted requests in one-second slots: a sliding window log with slots in place of entries. A request
 * counts until its whole slot is 60 seconds old, so that in any 60 seconds, wherever they begin, at most `limit` are
 * accepted; the price is that a request may count up to one second longer than it must.
 */
export interface RateWindow {
  /** Takes a request of this cost (1 unless told) if the limit allows it; a refused request takes nothing. */
  take(limit: number, nowMs: number, cost?: number): RateDecision;
}

/** A cost above the limit is refused whenever it comes: its `retryAfterMs`, a whole window, promises nothing. */
export type RateDecision =
  | { readonly accepted: true; readonly state: RateLimitState }
  | { readonly accepted: false; readonly retryAfterMs: number; readonly state?: RateLimitState };

export const createRateWindow = (): RateWindow => {
  // One slot more than the window is long: the slot that is leaving is still counted while part of it is inside.
  const counts = new Uint32Array(SLOTS + 1);
  let total = 0;
  let newest = Number.NEGATIVE_INFINITY;

  const forgetOld = (slot: number) => {
    if (slot - newest > SLOTS) {
      counts.fill(0);
      total = 0;
    } else {
      for (let passing = newest + 1; passing <= slot; passing++) {
        const index = passing % counts.length;
        total -= counts[index] ?? 0;
        counts[index] = 0;
      }
    }
    newest = slot;
  };

  /** Milliseconds until this much has left the window. */
  const msUntil = (leaving: number, nowMs: number): number => {
    let gone = 0;
    for (let slot = newest - SLOTS; slot <= newest; slot++) {
      gone += counts[((slot % counts.length) + counts.length) % counts.length] ?? 0;
      if (gone >= leaving) return (slot + SLOTS + 1) * SLOT_MS - nowMs;
    }
    return 0;
  };

  return {
    take: (limit, nowMs, cost = 1) => {
      if (cost > limit) return { accepted: false, retryAfterMs: WINDOW_MS };
      // A clock that steps back must not reopen the window.
      const slot = Math.max(Math.floor(nowMs / SLOT_MS), newest);
      if (slot > newest) forgetOld(slot);
      if (total + cost > limit) {
        const retryAfterMs = Math.max(1, msUntil(total + cost - limit, nowMs));
        const remaining = Math.max(0, limit - total);
        return { accepted: false, retryAfterMs, state: { limit, remaining, resetMs: msUntil(total, nowMs) } };
      }
      const index = slot % counts.length;
      counts[index] = (counts[index] ?? 0) + cost;
      total += cost;
      return {
        accepted: true,
        state: { limit, remaining: limit - total, resetMs: (slot + SLOTS + 1) * SLOT_MS - nowMs },
      };
    },
  };
};
