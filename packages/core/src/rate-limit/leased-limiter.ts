import { ALLOWANCE_MOST_MS, createAnswerTime } from "./answer-time.ts";
import { createDemandMeter } from "./demand-meter.ts";
import { type DrawPolicy, sharedDrawPolicy } from "./draw-plan.ts";
import { createGathering } from "./gathering.ts";
import { createKeyDraws, type KeyDraws } from "./key-draws.ts";
import type { RateLimitStore, Schedule } from "./ports.ts";
import type { RateLimiter } from "./rate-decision.ts";

export interface LeasedRateLimiterDeps {
  readonly store: RateLimitStore;
  /** Milliseconds of a clock that runs on while the process is stopped, and is never set. */
  readonly monotonicMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** A timer; it need not keep the process alive. */
  readonly schedule: Schedule;
  /** `sharedDrawPolicy` unless told; `soleDrawPolicy` where one process serves the whole installation. */
  readonly policy?: DrawPolicy;
  /**
   * How long permits may be kept at most. Where a change of a limit waits for replicas by a lease of theirs, not longer
   * than that: a replica that does not hear of the change then spends nothing that it drew before.
   */
  readonly lifeMaxMs?: number;
}

/** The rate limiter of a replica among others. */
export interface LeasedRateLimiter extends RateLimiter {
  /**
   * When this has returned, nothing is accepted any more that was drawn under what was the key's limit before, and no
   * remembered refusal counts. To be called after the change was read, and before the barrier is told so.
   */
  dropLeases(keyId: string): void;
  /** Gives back what is not spent, for a process that is about to end. Resolves when it is written, or could not be. */
  drain(): Promise<void>;
}

/** Keys that are given back at once: a store has only so many connections. */
const DRAINS_MAX = 16;

/**
 * In any 60 seconds, wherever they begin, at most `limit` permits are spent, over all replicas that share the store.
 * Keys that nobody asked for in several seconds are forgotten, so memory follows the keys in use.
 */
export const createLeasedRateLimiter = (deps: LeasedRateLimiterDeps): LeasedRateLimiter => {
  const { monotonicMs, policy = sharedDrawPolicy, lifeMaxMs = Number.POSITIVE_INFINITY } = deps;
  // Longer than any lease lives: `dropLeases` must find every key that has one.
  const forgetAfterMs = 2 * Math.max(policy.holdMs, policy.plenty.holdMs) + ALLOWANCE_MOST_MS;
  const answerTime = createAnswerTime();
  const gather = createGathering(deps.schedule, policy.gatherMs);
  // Two generations stand in for a timestamp and a timer on each key: what is not moved over in time is forgotten.
  let recent = new Map<string, KeyDraws>();
  let older = new Map<string, KeyDraws>();
  let turnedAtMs = monotonicMs();
  /** Those that wait for the database, however long it takes. */
  const working = new Map<string, KeyDraws>();

  const turn = (nowMs: number) => {
    if (nowMs - turnedAtMs <= forgetAfterMs) return;
    older = recent;
    recent = new Map();
    turnedAtMs = nowMs;
  };

  const known = (keyId: string): KeyDraws | undefined => recent.get(keyId) ?? older.get(keyId) ?? working.get(keyId);

  const create = (keyId: string, nowMs: number): KeyDraws => {
    const draws = createKeyDraws({
      ...deps,
      keyId,
      policy,
      lifeMaxMs,
      answerTime,
      gather,
      meter: createDemandMeter(nowMs),
      onWorking: (now) => (now ? working.set(keyId, draws) : working.delete(keyId)),
    });
    return draws;
  };

  const drawsOf = (keyId: string, nowMs: number): KeyDraws => {
    turn(nowMs);
    const found = recent.get(keyId);
    if (found !== undefined) return found;
    const draws = known(keyId) ?? create(keyId, nowMs);
    older.delete(keyId);
    recent.set(keyId, draws);
    return draws;
  };

  return Object.freeze({
    take: (keyId: string, limit: number, cost = 1) => {
      const nowMs = monotonicMs();
      return drawsOf(keyId, nowMs).take({ limit, cost }, nowMs);
    },
    dropLeases: (keyId: string) => known(keyId)?.drop(),
    drain: async () => {
      const left = new Set([...recent.values(), ...older.values(), ...working.values()]).values();
      const drainSome = async () => {
        for (const draws of left) await draws.drain();
      };
      await Promise.all(Array.from({ length: DRAINS_MAX }, drainSome));
    },
  });
};
