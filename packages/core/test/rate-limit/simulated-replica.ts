import type { createLeasedRateLimiter, DrawPolicy, RateDecision } from "../../src/index.ts";
import type { SimulatedDatabase } from "./simulated-database.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface ReplicaOptions {
  readonly createLimiter: typeof createLeasedRateLimiter;
  readonly policy?: DrawPolicy;
  readonly lifeMaxMs?: number;
  readonly random: () => number;
  /** Called before a statement is sent, and after its answer was heard. */
  readonly onStatement?: (replica: { stop(forMs: number): void }, moment: "sent" | "answered") => void;
  /** What the monotonic clock shows at the start, and how fast it runs. */
  readonly clock: { readonly offsetMs: number; readonly rate: number };
}

/** A process with a clock of its own, that can be stopped (nothing runs in it, its clock does) and killed. */
export const createSimulatedReplica = (time: VirtualTime, database: SimulatedDatabase, options: ReplicaOptions) => {
  const { clock, random } = options;
  let stoppedUntilMs = 0;
  let alive = true;

  /** Runs something in the process: not while it is stopped, never after it was killed. */
  const inside = (run: () => void) => {
    if (!alive) return;
    if (time.nowMs() >= stoppedUntilMs) run();
    else time.at(stoppedUntilMs, () => inside(run));
  };

  const stop = (forMs: number) => {
    stoppedUntilMs = Math.max(stoppedUntilMs, time.nowMs() + forMs);
  };
  const store = database.connect(inside);
  const watched = async <Answer>(statement: Promise<Answer>): Promise<Answer> => {
    options.onStatement?.({ stop }, "sent");
    const answer = await statement;
    options.onStatement?.({ stop }, "answered");
    return answer;
  };

  const limiter = options.createLimiter({
    store: { read: (keyId) => watched(store.read(keyId)), write: (change) => watched(store.write(change)) },
    monotonicMs: () => clock.offsetMs + time.nowMs() * clock.rate,
    random,
    schedule: (delayMs, run) => {
      let wanted = true;
      const lagMs = random() * 2;
      time.at(time.nowMs() + delayMs / clock.rate + lagMs, () => inside(() => wanted && run()));
      return () => {
        wanted = false;
      };
    },
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.lifeMaxMs === undefined ? {} : { lifeMaxMs: options.lifeMaxMs }),
  });

  return {
    inside,
    limiter,
    take: (keyId: string, limit: number, cost: number): RateDecision | Promise<RateDecision> =>
      limiter.take(keyId, limit, cost),
    isRunning: () => alive && time.nowMs() >= stoppedUntilMs,
    stop,
    kill: () => {
      alive = false;
    },
  };
};

export type SimulatedReplica = ReturnType<typeof createSimulatedReplica>;
