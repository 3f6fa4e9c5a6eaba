import { type LeasesInHand, permitsLeft, settleAtMs, spendFrom } from "./leases-in-hand.ts";
import { createPassingWindow, type PassingWindow } from "./passing-window.ts";
import { type PermitLease, rowForOthers, settleLease, settlesByItself } from "./permit-lease.ts";
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
  /**
   * Remembers that the window, as it was read, has no room for this cost. Returns it as other replicas will read it,
   * which is what callers are told: the next request may go to another one.
   */
  refuse(view: WindowView, cost: number): WindowView;
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

interface Refusing {
  /** By the window as it is for this replica. */
  readonly refusal: RememberedRefusal;
  /** The window as it is for other replicas. */
  readonly told: WindowView;
  readonly window: PassingWindow;
}

const refusing = (refusal: RememberedRefusal | null, told: WindowView): Refusing | null =>
  refusal === null ? null : { refusal, told, window: createPassingWindow(told) };

/**
 * An object with methods, not closures, as all that a request looks at of its key: with many keys in use nothing of them
 * is in the processor's caches, and each step from one object to the next is waited for.
 */
class Permits implements LocalPermits {
  #leases: LeasesInHand = [];
  /**
   * With the permits counted that this replica held when it was seen: these leases, and those that were closed since.
   * `null` while none is in hand.
   */
  #window: PassingWindow | null = null;
  #lowAt = -1;
  /** Leases from which nothing is spent any more, and that no write has settled yet. */
  #closed: readonly PermitLease[] = [];
  #refused: Refusing | null = null;

  decide(request: RateRequest, nowMs: number): RateDecision | null {
    const window = this.#window;
    if (window !== null) {
      if (spendFrom(this.#leases, request, nowMs)) {
        // It knew less to be spent.
        this.#refused = null;
        return { accepted: true, state: window.stateAt(nowMs) };
      }
      // The draw may have seen that nothing is left beside its leases: then nobody needs to ask again.
      if (this.#refused === null || nowMs >= this.#refused.refusal.untilMs) {
        this.#refused = refusing(rememberRefusal(window.settledView(), request.cost), window.viewOfOthers());
      }
    }
    const refused = this.#refused;
    if (refused === null || !isRefused(refused.refusal, request, nowMs)) return null;
    const { told } = refused;
    const limit = Math.min(request.limit, told.limit);
    const state = (window ?? refused.window).stateAt(nowMs, limit);
    return { accepted: false, retryAfterMs: retryAfterMs(told, request.cost, nowMs), state };
  }

  open(lease: PermitLease, view: WindowView, lowAt: number): void {
    this.#leases = [...this.#leases, lease];
    // Also those that ended while the draw was under way.
    this.#window = createPassingWindow(view, [...this.#closed, ...this.#leases]);
    this.#lowAt = lowAt;
    this.#refused = null;
  }

  refuse(view: WindowView, cost: number): WindowView {
    const settled = { ...view, row: this.settledIn(view.row, "all") };
    const told = { ...view, row: rowForOthers(view.row, this.#toSettle("all")) };
    this.#refused = refusing(rememberRefusal(settled, cost), told);
    return told;
  }

  left(): number {
    return permitsLeft(this.#leases);
  }

  runsLow(): boolean {
    return this.#window !== null && permitsLeft(this.#leases) <= this.#lowAt;
  }

  drawOnDemand(): void {
    this.#lowAt = -1;
  }

  settleAtMs(): number {
    return settleAtMs(this.#leases);
  }

  close(): void {
    this.#closed = [...this.#closed, ...this.#leases];
    this.#keep([]);
  }

  forget(): void {
    this.close();
    this.#refused = null;
  }

  keepClosed(lease: PermitLease): void {
    this.#closed = [...this.#closed, lease];
  }

  owesSettling(): boolean {
    return this.#closed.some(settlesByItself);
  }

  settledIn(row: RateRow, which: Settling): RateRow {
    return this.#toSettle(which).reduce(settleLease, row);
  }

  giveUp(which: Settling): readonly PermitLease[] {
    const leases = this.#toSettle(which);
    this.#keep(this.#leases.filter((lease) => !leases.includes(lease)));
    this.#closed = [];
    return leases;
  }

  takeBack(leases: readonly PermitLease[]): void {
    this.#closed = [...leases, ...this.#closed];
  }

  #keep(leases: LeasesInHand): void {
    this.#leases = leases;
    if (leases.length === 0) this.#window = null;
  }

  #toSettle(which: Settling): readonly PermitLease[] {
    const inHand = this.#leases;
    return [...this.#closed, ...(which === "all" ? inHand : inHand.filter(({ left }) => left === 0))];
  }
}

export const createLocalPermits = (): LocalPermits => new Permits();
