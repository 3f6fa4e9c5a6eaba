import type { RateLimitState } from "@itsy/contract";

import { slotEndMs } from "./count-slot.ts";
import { type PermitLease, rowForOthers, settleLease, spentCount, withoutLease } from "./permit-lease.ts";
import type { RateRow } from "./rate-row.ts";
import { databaseNowMs, locallyAtMs, type WindowView } from "./remembered-refusal.ts";
import { permitsCounted } from "./window-view.ts";

/** A window that is looked at again and again as time passes, without being read again. */
export interface PassingWindow {
  readonly view: WindowView;
  /** The view as if all own leases were settled with what is spent of them so far. */
  settledView(): WindowView;
  /** The view as other replicas will read the window, by what is spent so far. */
  viewOfOthers(): WindowView;
  /** What a caller is told at an instant of the replica's monotonic clock, which never goes back between calls. */
  stateAt(nowMs: number, limit?: number): RateLimitState;
}

class Window implements PassingWindow {
  readonly view: WindowView;
  readonly #leases: readonly PermitLease[];
  /** What the view counts beside the leases. */
  readonly #others: RateRow;
  readonly #othersSlot: number;
  #counted: number;
  /** How many counts of the others have left the window. */
  #left = 0;

  constructor(view: WindowView, own: readonly PermitLease[]) {
    this.view = view;
    // What was drawn in another era cannot be found in the row: it counts as taken.
    this.#leases = own.filter(({ era }) => era === view.row.era);
    this.#others = this.#leases.reduce(withoutLease, view.row);
    this.#othersSlot = this.#others.counts.at(-1)?.slot ?? 0;
    this.#counted = permitsCounted(this.#others);
  }

  settledView(): WindowView {
    return { ...this.view, row: this.#leases.reduce(settleLease, this.view.row) };
  }

  viewOfOthers(): WindowView {
    return { ...this.view, row: rowForOthers(this.view.row, this.#leases) };
  }

  stateAt(nowMs: number, limit = this.view.limit): RateLimitState {
    const clockMs = databaseNowMs(this.view, nowMs);
    this.#forgetPassed(clockMs);
    let taken = this.#counted;
    let lastSlot = this.#othersSlot;
    for (const lease of this.#leases) {
      const { slot, spent } = spentCount(lease);
      if (slotEndMs(slot) <= clockMs) continue;
      taken += spent;
      lastSlot = Math.max(lastSlot, slot);
    }
    const remaining = Math.min(limit, Math.max(0, limit - taken));
    return { limit, remaining, resetMs: Math.max(0, Math.ceil(locallyAtMs(this.view, slotEndMs(lastSlot)) - nowMs)) };
  }

  #forgetPassed(clockMs: number): void {
    const { counts } = this.#others;
    for (let count = counts[this.#left]; count !== undefined; count = counts[this.#left]) {
      if (slotEndMs(count.slot) > clockMs) return;
      this.#counted -= count.spent + count.held;
      this.#left += 1;
    }
  }
}

/**
 * Each look costs only what has left the window since the one before.
 * @param own leases of this replica that the view counts. Callers are told what is spent of them, and until when that
 * counts: the rest can be spent by the next request, or is given back when no request comes.
 */
export const createPassingWindow = (view: WindowView, own: readonly PermitLease[] = []): PassingWindow =>
  new Window(view, own);
