import { createLeasedRateLimiter, type DrawPolicy, type RateDecision } from "../../src/index.ts";
import { seededRandom } from "../seeded-random.ts";
import { createSimulatedDatabase, type DatabaseConditions } from "./simulated-database.ts";
import { createSimulatedReplica } from "./simulated-replica.ts";
import { createVirtualTime } from "./virtual-time.ts";

/** The key of which a stage's requests are. */
export const KEY = "key";

export interface StageOptions {
  readonly replicas?: number;
  readonly policy?: DrawPolicy;
  readonly lifeMaxMs?: number;
  readonly conditions?: Partial<DatabaseConditions>;
}

/** A database that answers after ten milliseconds, and replicas with exact clocks, for tests that play by hand. */
export const createStage = ({ replicas = 1, policy, lifeMaxMs, conditions }: StageOptions = {}) => {
  const time = createVirtualTime();
  const database = createSimulatedDatabase(time, {
    travelMs: () => 5,
    clockMs: (trueMs) => 1.8e12 + trueMs,
    fate: () => "arrives",
    limit: () => null,
    ...conditions,
  });
  const random = seededRandom(1);
  const started = Array.from({ length: replicas }, (_, index) =>
    createSimulatedReplica(time, database, {
      createLimiter: createLeasedRateLimiter,
      random,
      clock: { offsetMs: index * 1e6, rate: 1 },
      ...(policy === undefined ? {} : { policy }),
      ...(lifeMaxMs === undefined ? {} : { lifeMaxMs }),
    }),
  );

  /** Lets time pass until the promise is settled. */
  const heard = async <Result>(promise: Promise<Result> | Result): Promise<Result> => {
    const state = { pending: true };
    const watched = Promise.resolve(promise).finally(() => {
      state.pending = false;
    });
    watched.catch(() => {});
    for (let waitedMs = 0; state.pending && waitedMs < 120_000; waitedMs++) await time.runUntil(time.nowMs() + 1);
    return watched;
  };

  return {
    time,
    database,
    replicas: started,
    heard,
    pass: (ms: number) => time.runUntil(time.nowMs() + ms),
    /** Asks a replica, and lets time pass until it answers. */
    take: (limit: number, { cost = 1, replica = 0 } = {}): Promise<RateDecision> =>
      heard(started[replica]?.limiter.take(KEY, limit, cost) ?? Promise.reject(new Error("no such replica"))),
    calls: () => database.calls.reads + database.calls.writes,
  };
};
