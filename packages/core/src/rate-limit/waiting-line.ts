import type { LocalPermits, RateRequest } from "./local-permits.ts";
import type { RateDecision } from "./rate-window.ts";
import { retryAfterMs, type WindowView } from "./remembered-refusal.ts";

interface Waiting extends RateRequest {
  readonly answer: (decision: RateDecision) => void;
  readonly fail: (error: unknown) => void;
}

/** The requests of one key that memory could not answer, in the order in which they came. */
export interface WaitingLine {
  join(request: RateRequest): Promise<RateDecision>;
  /** Those that wait now. */
  all(): readonly Waiting[];
  /** Answers from the front, as far as memory can. */
  answerFromMemory(): void;
  /** Answers those that a draw was for: what its plan refused, and the rest from what was drawn. */
  answerAsked(draw: { asking: readonly Waiting[]; refused: ReadonlySet<Waiting>; view: WindowView }): void;
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
    all: () => [...waiting],
    answerFromMemory: () => answerSome(waiting, (request, nowMs) => permits.decide(request, nowMs)),
    answerAsked: ({ asking, refused, view }) =>
      answerSome(asking, (request, nowMs) =>
        refused.has(request)
          ? { accepted: false, retryAfterMs: retryAfterMs(view, request.cost, nowMs) }
          : permits.decide(request, nowMs),
      ),
    failAll: (error) => {
      const failed = waiting;
      waiting = [];
      for (const { fail } of failed) fail(error);
    },
  };
};
