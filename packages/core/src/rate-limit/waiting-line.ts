import type { LocalPermits, RateRequest } from "./local-permits.ts";
import { createPassingWindow, type PassingWindow } from "./passing-window.ts";
import { type PermitLease, servedRow } from "./permit-lease.ts";
import type { RateDecision } from "./rate-decision.ts";
import { retryAfterMs, type WindowView } from "./remembered-refusal.ts";

interface Waiting extends RateRequest {
  readonly answer: (decision: RateDecision) => void;
  readonly fail: (error: unknown) => void;
}

interface AnsweredDraw {
  readonly asking: readonly Waiting[];
  /** For each of those, whether the draw was for it, too. */
  readonly served: readonly boolean[];
  readonly view: WindowView;
  /** What was drawn, which the view counts. */
  readonly lease: PermitLease;
}

/** The requests of one key that memory could not answer, in the order in which they came. */
export interface WaitingLine {
  join(request: RateRequest): Promise<RateDecision>;
  isEmpty(): boolean;
  /** Those that wait now. */
  all(): readonly Waiting[];
  /** Answers from the front, as far as memory can. */
  answerFromMemory(): void;
  /** Answers those that a draw was for: what its plan refused, and the rest from what was drawn. */
  answerAsked(draw: AnsweredDraw): void;
  /** Answers those for whom the window, as it was read, has no room, and remembers it. */
  refuseAll(asking: readonly Waiting[], view: WindowView): void;
  failAll(error: unknown): void;
}

interface Refusing {
  readonly window: PassingWindow;
  /** When it admits again. */
  readonly view: WindowView;
}

const refuse = ({ window, view }: Refusing, { cost }: RateRequest, nowMs: number): RateDecision => ({
  accepted: false,
  retryAfterMs: retryAfterMs(view, cost, nowMs),
  state: window.stateAt(nowMs),
});

class Line implements WaitingLine {
  readonly #permits: LocalPermits;
  readonly #monotonicMs: () => number;
  #waiting: Waiting[] = [];

  constructor(permits: LocalPermits, monotonicMs: () => number) {
    this.#permits = permits;
    this.#monotonicMs = monotonicMs;
  }

  join(request: RateRequest): Promise<RateDecision> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ ...request, answer, fail });
    });
  }

  isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  all(): readonly Waiting[] {
    return [...this.#waiting];
  }

  answerFromMemory(): void {
    this.#answerSome(this.#waiting, (request, nowMs) => this.#permits.decide(request, nowMs));
  }

  answerAsked({ asking, served, view, lease }: AnsweredDraw): void {
    const later = { ...view, row: servedRow(view.row, lease, this.#monotonicMs()) };
    const refusing = { window: createPassingWindow(view, [lease]), view: later };
    const refused = new Set(asking.filter((_, index) => served[index] !== true));
    this.#answerSome(asking, (request, nowMs) =>
      refused.has(request) ? refuse(refusing, request, nowMs) : this.#permits.decide(request, nowMs),
    );
  }

  refuseAll(asking: readonly Waiting[], view: WindowView): void {
    const leastCost = asking.reduce((least, { cost }) => Math.min(least, cost), Number.POSITIVE_INFINITY);
    const told = this.#permits.refuse(view, leastCost);
    const refusing = { window: createPassingWindow(told), view: told };
    this.#answerSome(asking, (request, nowMs) => refuse(refusing, request, nowMs));
  }

  failAll(error: unknown): void {
    const failed = this.#waiting;
    this.#waiting = [];
    for (const { fail } of failed) fail(error);
  }

  /** Answers from the front of some until one has to wait on. */
  #answerSome(some: readonly Waiting[], decide: (request: Waiting, nowMs: number) => RateDecision | null): void {
    const unanswered = new Set(this.#waiting);
    for (const request of some) {
      const decision = decide(request, this.#monotonicMs());
      if (decision === null) break;
      request.answer(decision);
      unanswered.delete(request);
    }
    this.#waiting = [...unanswered];
  }
}

export const createWaitingLine = (permits: LocalPermits, monotonicMs: () => number): WaitingLine =>
  new Line(permits, monotonicMs);
