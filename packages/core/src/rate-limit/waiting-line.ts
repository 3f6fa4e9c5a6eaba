import type { LocalPermits, RateRequest } from "./local-permits.ts";
import { createPassingWindow } from "./passing-window.ts";
import type { PermitLease } from "./permit-lease.ts";
import type { RateDecision } from "./rate-decision.ts";
import { retryAfterMs, type WindowView } from "./remembered-refusal.ts";

interface Waiting extends RateRequest {
  readonly answer: (decision: RateDecision) => void;
  readonly fail: (error: unknown) => void;
}

interface AnsweredDraw {
  readonly asking: readonly Waiting[];
  readonly refused: ReadonlySet<Waiting>;
  readonly view: WindowView;
  /** What was drawn, which the view counts; `null` when nothing was. */
  readonly lease: PermitLease | null;
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
  failAll(error: unknown): void;
}

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
    answerAsked: ({ asking, refused, view, lease }) => {
      const window = createPassingWindow(view);
      answerSome(asking, (request, nowMs) => {
        if (!refused.has(request)) return permits.decide(request, nowMs);
        const state = window.stateAt(nowMs, { inHand: lease?.left ?? 0 });
        return { accepted: false, retryAfterMs: retryAfterMs(view, request.cost, nowMs), state };
      });
    },
    failAll: (error) => {
      const failed = waiting;
      waiting = [];
      for (const { fail } of failed) fail(error);
    },
  };
};
