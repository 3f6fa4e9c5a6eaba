import { type LeasesInHand, permitsLeft, settleAtMs, spendFrom } from "./leases-in-hand.ts";
import { createPassingWindow, type PassingWindow } from "./passing-window.ts";
import { type PermitLease, settleLease } from "./permit-lease.ts";
import type { RateDecision } from "./rate-decision.ts";
import type { RateRow } from "./rate-row.ts";
import {
  isRefused,
  type RememberedRefusal,
  rememberRefusal,
  retryAfterMs,
  type WindowView,
} from "./remembered-refusal.ts";

export interface RateRequest {
  readonly limit: number;
  readonly cost: number;
}

/** What one replica knows of one key without asking: the permits in its hands, and whether more can be had. */
export interface LocalPermits {
  /** Answers from memory; `null` when the database has to be asked. */
  decide(request: RateRequest, nowMs: number): RateDecision | null;
  /**
   * Spends from this lease, too, once those drawn before are spent. `view` is the window with its permits counted, and
   * those of the others in hand. With `lowAt` permits left in hand, they run low.
   */
  open(lease: PermitLease, view: WindowView, lowAt: number): void;
  /** Remembers that the window has no room for this cost. */
  refuse(view: WindowView, cost: number): void;
  /** Permits in hand. */
  left(): number;
  /** Whether the permits in hand are about to be spent, so that the next ones should be drawn now. */
  runsLow(): boolean;
  /** Those in hand do not run low any more: the next ones are drawn when they are asked for. */
  drawOnDemand(): void;
  /** When those in hand are to be settled, even if no request comes. Infinity when there is nothing to settle. */
  settleAtMs(): number;
  /** Spends nothing more from those in hand. */
  close(): void;
  /** The same, and remembers no refusal either. */
  forget(): void;
  /** A lease from which nothing was spent, and nothing will be. */
  keepClosed(lease: PermitLease): void;
  /**
   * Whether the row counts what it will not have to once all is settled: permits that nobody will spend, or longer than
   * they must. Callers are told of the window as if it were settled, so it has to be, even when no request comes.
   */
  owesSettling(): boolean;
  /** The row once leases are settled. */
  settledIn(row: RateRow, which: Settling): RateRow;
  /** The leases to settle in a write that is about to be sent. They are forgotten with this: nothing is spent of them. */
  giveUp(which: Settling): readonly PermitLease[];
  /** For a write that was not applied: they are to be settled after all. */
  takeBack(leases: readonly PermitLease[]): void;
}

/** All leases, or only those of which nothing is left to be spent: the others stay in hand. */
export type Settling = "all" | "spent";

interface Hand {
  readonly leases: LeasesInHand;
  /** With the permits counted that this replica held when it was seen: these leases, and those that were closed since. */
  readonly window: PassingWindow;
  readonly lowAt: number;
}

interface Refusing {
  readonly refusal: RememberedRefusal;
  readonly window: PassingWindow;
}

const refusing = (refusal: RememberedRefusal | null): Refusing | null =>
  refusal === null ? null : { refusal, window: createPassingWindow(refusal.view) };

export const createLocalPermits = (): LocalPermits => {
  let hand: Hand | null = null;
  /** Leases from which nothing is spent any more, and that no write has settled yet. */
  let closed: readonly PermitLease[] = [];
  let refused: Refusing | null = null;

  const close = () => {
    if (hand !== null) closed = [...closed, ...hand.leases];
    hand = null;
  };

  const toSettle = (which: Settling): readonly PermitLease[] => {
    const inHand = hand?.leases ?? [];
    return [...closed, ...(which === "all" ? inHand : inHand.filter(({ left }) => left === 0))];
  };

  return {
    decide: (request, nowMs) => {
      if (hand !== null) {
        const { leases, window } = hand;
        if (spendFrom(leases, request, nowMs)) {
          return { accepted: true, state: window.stateAt(nowMs) };
        }
        // The draw may have seen that nothing is left beside its leases: then nobody needs to ask again.
        if (refused === null || nowMs >= refused.refusal.untilMs) {
          refused = refusing(rememberRefusal(window.settledView(), request.cost));
        }
      }
      if (refused === null || !isRefused(refused.refusal, request, nowMs)) return null;
      const { view } = refused.refusal;
      const limit = Math.min(request.limit, view.limit);
      const state = (hand ?? refused).window.stateAt(nowMs, limit);
      return { accepted: false, retryAfterMs: retryAfterMs(view, request.cost, nowMs), state };
    },
    open: (lease, view, lowAt) => {
      const leases = [...(hand?.leases ?? []), lease];
      // Also those that ended while the draw was under way.
      hand = { leases, window: createPassingWindow(view, [...closed, ...leases]), lowAt };
      refused = null;
    },
    refuse: (view, cost) => {
      refused = refusing(rememberRefusal(view, cost));
    },
    left: () => permitsLeft(hand?.leases ?? []),
    runsLow: () => hand !== null && permitsLeft(hand.leases) <= hand.lowAt,
    drawOnDemand: () => {
      if (hand !== null) hand = { ...hand, lowAt: -1 };
    },
    settleAtMs: () => settleAtMs(hand?.leases ?? []),
    close,
    forget: () => {
      close();
      refused = null;
    },
    keepClosed: (lease) => {
      closed = [...closed, lease];
    },
    owesSettling: () => closed.some((lease) => lease.left > 0 || lease.ahead > 0),
    settledIn: (row, which) => toSettle(which).reduce(settleLease, row),
    giveUp: (which) => {
      const leases = toSettle(which);
      const kept = hand?.leases.filter((lease) => !leases.includes(lease)) ?? [];
      hand = hand === null || kept.length === 0 ? null : { ...hand, leases: kept };
      closed = [];
      return leases;
    },
    takeBack: (leases) => {
      closed = [...leases, ...closed];
    },
  };
};
