import type { LocalPermits, RateRequest } from "./local-permits.ts";
import { createPassingWindow, type PassingWindow } from "./passing-window.ts";
import type { PermitLease } from "./permit-lease.ts";
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
  /** Answers those for whom the window has no room, and remembers it. */
  refuseAll(asking: readonly Waiting[], view: WindowView): void;
  failAll(error: unknown): void;
}

const refuse = (window: PassingWindow, { cost }: RateRequest, now: { nowMs: number; inHand: number }): RateDecision => {
  const state = window.stateAt(now.nowMs, { inHand: now.inHand });
  return { accepted: false, retryAfterMs: retryAfterMs(window.view, cost, now.nowMs), state };
};

export const createWaitingLine = (permits: LocalPermits, monotonicMs: () => number): WaitingLine => {
  let waiting: Waiting[] = [];

  /** Answers from the front of some until one has to wait on. */
  const answerSome = (some: readonly Waiting[], decide: (request: Waiting, nowMs: number) => RateDecision | null) => {
    const unanswered = new Set(waiting);
    for (const request of some) {
      const decision = decide(request, monotonicMs());
      if (decision === null) break;
      request.answer(decision);
      unanswered.delete(request);
    }
    waiting = [...unanswered];
  };

  return {
    join: (request) =>
      new Promise((answer, fail) => {
        waiting.push({ ...request, answer, fail });
      }),
    isEmpty: () => waiting.length === 0,
    all: () => [...waiting],
    answerFromMemory: () => answerSome(waiting, (request, nowMs) => permits.decide(request, nowMs)),
    answerAsked: ({ asking, served, view, lease }) => {
      const window = createPassingWindow(view);
      const refused = new Set(asking.filter((_, index) => served[index] !== true));
      answerSome(asking, (request, nowMs) =>
        refused.has(request) ? refuse(window, request, { nowMs, inHand: lease.left }) : permits.decide(request, nowMs),
      );
    },
    refuseAll: (asking, view) => {
      const leastCost = asking.reduce((least, { cost }) => Math.min(least, cost), Number.POSITIVE_INFINITY);
      permits.refuse(view, leastCost);
      const window = createPassingWindow(view);
      answerSome(asking, (request, nowMs) => refuse(window, request, { nowMs, inHand: 0 }));
    },
    failAll: (error) => {
      const failed = waiting;
      waiting = [];
      for (const { fail } of failed) fail(error);
    },
  };
};
