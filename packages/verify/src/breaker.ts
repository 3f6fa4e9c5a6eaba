import { type AttemptWindow, createAttemptWindow } from "./attempt-window.ts";

export interface BreakerSettings {
  /** Opens when more than this share of the last attempts failed; above 0 and below 1. */
  readonly failureShare: number;
  /** How many of the last attempts are looked at. */
  readonly windowAttempts: number;
  /** Attempts that must have been made before it may open. */
  readonly attemptsMin: number;
  /** How long nothing is asked before one probe goes out, in milliseconds. */
  readonly halfOpenAfterMs: number;
}

export interface BreakerDeps<Result> {
  readonly settings: BreakerSettings & {
    /** A probe that did not end by then never will, in milliseconds. */
    readonly probeLostAfterMs: number;
  };
  readonly monotonicMs: () => number;
  readonly isFailure: (result: Result) => boolean;
}

export interface Breaker<Result> {
  /**
   * Runs an attempt, or answers `null` when the circuit is open. `probe` says that this one attempt decides whether it
   * closes again: it must run to its end. What an attempt throws counts neither way.
   */
  readonly run: (attempt: (probe: boolean) => Promise<Result>) => Promise<Result | null>;
  readonly isClosed: () => boolean;
  /** Milliseconds until the next probe; 0 when closed. */
  readonly waitMs: () => number;
}

type State =
  | { readonly name: "closed"; readonly window: AttemptWindow }
  | { readonly name: "open"; readonly probeAtMs: number }
  | { readonly name: "probing"; readonly lostAtMs: number };

/**
 * A count-based circuit breaker. Nothing in it belongs to the call that made it: no timer, no promise and no signal is
 * kept, because a worker may use none of them in another request than the one that made it.
 */
export const createBreaker = <Result>({ settings, monotonicMs, isFailure }: BreakerDeps<Result>): Breaker<Result> => {
  const { failureShare, windowAttempts, attemptsMin, halfOpenAfterMs, probeLostAfterMs } = settings;

  const closed = (): State => ({ name: "closed", window: createAttemptWindow(windowAttempts) });
  const openFor = (durationMs: number): State => ({ name: "open", probeAtMs: monotonicMs() + durationMs });
  const probing = (): State => ({ name: "probing", lostAtMs: monotonicMs() + probeLostAfterMs });

  const afterProbe = (result: Result): State => (isFailure(result) ? openFor(halfOpenAfterMs) : closed());
  const afterAttempt = (began: State & { name: "closed" }, result: Result): State => {
    const isBad = isFailure(result);
    const { attempts, failures } = began.window.add(isBad);
    return isBad && attempts >= attemptsMin && failures > failureShare * attempts ? openFor(halfOpenAfterMs) : began;
  };

  /** While a probe is under way nobody waits for it: better to say at once that we do not know. */
  const isShut = (now: State): boolean => {
    switch (now.name) {
      case "closed":
        return false;
      case "open":
        return monotonicMs() < now.probeAtMs;
      case "probing":
        // Workers drop what a request has under way when its client leaves, and such a promise never settles.
        return monotonicMs() < now.lostAtMs;
      default:
        return now satisfies never;
    }
  };

  let state = closed();
  return Object.freeze({
    run: async (attempt: (probe: boolean) => Promise<Result>) => {
      if (isShut(state)) return null;
      if (state.name !== "closed") state = probing();
      // What comes back after the state changed says nothing about the new one.
      const began = state;
      try {
        const result = await attempt(began.name === "probing");
        if (state === began) state = began.name === "closed" ? afterAttempt(began, result) : afterProbe(result);
        return result;
      } catch (error) {
        if (state === began && began.name === "probing") state = openFor(0);
        throw error;
      }
    },
    isClosed: () => state.name === "closed",
    waitMs: () => (state.name === "open" ? Math.max(0, state.probeAtMs - monotonicMs()) : 0),
  });
};
