import { createPassingWindow, type PassingWindow } from "./passing-window.ts";
import { type PermitLease, settleLease, spend } from "./permit-lease.ts";
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
  /** Spends from this lease from now on. `view` is the window with its permits counted. */
  open(lease: PermitLease, view: WindowView): void;
  /** Remembers that the window has no room for this cost. */
  refuse(view: WindowView, cost: number): void;
  /** The lease that is spent from. */
  current(): PermitLease | null;
  /** Spends nothing more from the current lease. */
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
  /** The row once all leases are settled. */
  settledIn(row: RateRow): RateRow;
  /** The leases to settle in a write that is about to be sent, the current one too. They are forgotten with this. */
  giveUp(): readonly PermitLease[];
  /** For a write that was not applied: they are to be settled after all. */
  takeBack(leases: readonly PermitLease[]): void;
}

interface Current {
  readonly lease: PermitLease;
  /** With the lease's permits counted. */
  readonly window: PassingWindow;
}

interface Refusing {
  readonly refusal: RememberedRefusal;
  readonly window: PassingWindow;
}

const refusing = (refusal: RememberedRefusal | null): Refusing | null =>
  refusal === null ? null : { refusal, window: createPassingWindow(refusal.view) };

export const createLocalPermits = (): LocalPermits => {
  let current: Current | null = null;
  /** Leases from which nothing is spent any more, and that no write has settled yet. */
  let closed: readonly PermitLease[] = [];
  let refused: Refusing | null = null;

  const close = () => {
    if (current !== null) closed = [...closed, current.lease];
    current = null;
  };

  return {
    decide: (request, nowMs) => {
      if (current !== null) {
        const { lease, window } = current;
        if (lease.limit <= request.limit && spend(lease, request.cost, nowMs)) {
          return { accepted: true, state: window.stateAt(nowMs, { inHand: lease.left }) };
        }
        // The draw may have seen that nothing is left beside its lease: then nobody needs to ask again.
        const { view } = window;
        if (refused === null || nowMs >= refused.refusal.untilMs)
          refused = refusing(rememberRefusal({ ...view, row: settleLease(view.row, lease) }, request.cost));
      }
      if (refused === null || !isRefused(refused.refusal, request, nowMs)) return null;
      const { view } = refused.refusal;
      const limit = Math.min(request.limit, view.limit);
      const state =
        current === null
          ? refused.window.stateAt(nowMs, { limit })
          : current.window.stateAt(nowMs, { limit, inHand: current.lease.left });
      return { accepted: false, retryAfterMs: retryAfterMs(view, request.cost, nowMs), state };
    },
    open: (lease, view) => {
      current = { lease, window: createPassingWindow(view) };
      refused = null;
    },
    refuse: (view, cost) => {
      refused = refusing(rememberRefusal(view, cost));
    },
    current: () => current?.lease ?? null,
    close,
    forget: () => {
      close();
      refused = null;
    },
    keepClosed: (lease) => {
      closed = [...closed, lease];
    },
    owesSettling: () => closed.some((lease) => lease.left > 0 || lease.ahead > 0),
    settledIn: (row) => (current === null ? closed : [...closed, current.lease]).reduce(settleLease, row),
    giveUp: () => {
      close();
      const leases = closed;
      closed = [];
      return leases;
    },
    takeBack: (leases) => {
      closed = [...leases, ...closed];
    },
  };
};
