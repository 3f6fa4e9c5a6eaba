import { BrokenCircuitError, CircuitState, CountBreaker, circuitBreaker, handleWhenResult } from "cockatiel";

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

export const createBreaker = <Result>({ settings, monotonicMs, isFailure }: BreakerDeps<Result>): Breaker<Result> => {
  const { failureShare, windowAttempts, attemptsMin, halfOpenAfterMs, probeLostAfterMs } = settings;
  let probeAtMs = 0;
  let probeLostAtMs = 0;

  // The library measures with the wall clock, which jumps. So its question "is it over?" is answered by our clock:
  // an opening lasts for ever until it is over, and then no time at all.
  const opening = {
    next: () => {
      probeAtMs = monotonicMs() + halfOpenAfterMs;
      return opening;
    },
    get duration() {
      return monotonicMs() < probeAtMs ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
  };
  const policy = circuitBreaker(
    handleWhenResult((result) => isFailure(result as Result)),
    {
      // Of the library's breakers, one that counts attempts and so needs no clock.
      breaker: new CountBreaker({
        threshold: failureShare,
        size: windowAttempts,
        minimumNumberOfCalls: Math.min(attemptsMin, windowAttempts),
      }),
      halfOpenAfter: opening,
    },
  );

  // Workers drop what a request has under way when its client leaves, and such a promise never settles. Closing is safe:
  // the failures that opened the circuit still count, so that the next one opens it again.
  const forgetLostProbe = () => {
    if (policy.state === CircuitState.HalfOpen && monotonicMs() >= probeLostAtMs) policy.isolate().dispose();
  };

  return Object.freeze({
    run: async (attempt: (probe: boolean) => Promise<Result>) => {
      forgetLostProbe();
      // While a probe is under way the library would let everybody wait for it: better to say at once that we do not know.
      if (policy.state === CircuitState.HalfOpen) return null;
      try {
        return await policy.execute(() => {
          const isProbe = policy.state === CircuitState.HalfOpen;
          if (isProbe) probeLostAtMs = monotonicMs() + probeLostAfterMs;
          return attempt(isProbe);
        });
      } catch (error) {
        if (error instanceof BrokenCircuitError) return null;
        throw error;
      }
    },
    isClosed: () => policy.state === CircuitState.Closed,
    waitMs: () => (policy.state === CircuitState.Closed ? 0 : Math.max(0, probeAtMs - monotonicMs())),
  });
};
