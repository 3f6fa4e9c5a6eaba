import type { AnswerTime } from "./answer-time.ts";
import type { DemandMeter } from "./demand-meter.ts";
import { type DrawPolicy, lowMark, planDraw } from "./draw-plan.ts";
import { createLocalPermits, type RateRequest, type Settling } from "./local-permits.ts";
import { createPermitLease, leaseCount } from "./permit-lease.ts";
import { type RateLimitStore, RateLimitUnavailable, type Schedule } from "./ports.ts";
import type { RateDecision } from "./rate-decision.ts";
import { addCounts } from "./rate-row.ts";
import { createSettlingWrites } from "./settling-writes.ts";
import { type FoundWindow, readWindow } from "./stored-window.ts";
import { createWaitingLine } from "./waiting-line.ts";

export interface KeyDrawsDeps {
  readonly keyId: string;
  readonly store: RateLimitStore;
  readonly monotonicMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly schedule: Schedule;
  readonly policy: DrawPolicy;
  /** How long permits may be kept at most. */
  readonly lifeMaxMs: number;
  readonly answerTime: AnswerTime;
  readonly meter: DemandMeter;
  /** Called when it begins to talk to the database, and when it ends. */
  readonly onWorking: (working: boolean) => void;
}

/** One key on one replica: spends what it holds, and draws before or when that does not suffice, one draw at a time. */
export interface KeyDraws {
  take(request: RateRequest, nowMs: number): RateDecision | Promise<RateDecision>;
  /** When this has returned, nothing is accepted or refused any more by what was read before. */
  drop(): void;
  /** Gives back what is not spent. Resolves when it is written, or could not be. */
  drain(): Promise<void>;
}

/** A draw that came to an end; another replica wrote in between; its permits came too late to be spent. */
type Outcome = "done" | "conflict" | "late";

/** In each round of a conflict one replica gets its write through. */
const CONFLICTS_MAX = 50;
/** How often a draw may come too late, each time with more allowance, before the store is too slow. */
const LATE_MAX = 4;

export const createKeyDraws = (deps: KeyDrawsDeps): KeyDraws => {
  const { keyId, store, monotonicMs, schedule, policy, lifeMaxMs, answerTime, meter } = deps;
  const permits = createLocalPermits();
  const line = createWaitingLine(permits, monotonicMs);
  const writes = createSettlingWrites({ keyId, store, permits });
  let working = false;
  let done: Promise<void> = Promise.resolve();
  let drops = 0;
  /** What was believed of the key's limit lately. */
  let lastLimit = 0;
  let cancelEnd = () => {};

  const closeWhenEnded = () => {
    if (monotonicMs() >= permits.settleAtMs()) permits.close();
  };

  /** Settles when leases end, unless a draw did before. */
  const watchEnd = () => {
    cancelEnd();
    const atMs = permits.settleAtMs();
    if (atMs === Number.POSITIVE_INFINITY) return;
    cancelEnd = schedule(Math.max(1, Math.ceil(atMs - monotonicMs())), () => {
      closeWhenEnded();
      if (permits.owesSettling()) start();
      watchEnd();
    });
  };

  const settled = async (found: FoundWindow, which: Settling): Promise<Outcome> =>
    (await writes.settle(found, which)) ? "done" : "conflict";

  /** What one read and one write make of the requests that wait, or of permits that run low. */
  const draw = async (): Promise<Outcome> => {
    const dropsBefore = drops;
    const sentMs = monotonicMs();
    const found = await readWindow(store, keyId);
    const readMs = monotonicMs();
    // What was read may be older than a change of the limit.
    if (drops !== dropsBefore) return "done";
    closeWhenEnded();
    const asking = line.all();
    // While nobody waits, what is in hand is spent on.
    const settling: Settling = asking.length === 0 ? "spent" : "all";
    if (asking.length === 0 && !permits.runsLow()) return settled(found, settling);

    const costs = asking.map(({ cost }) => cost);
    const believedLimit = asking.reduce((least, { limit }) => Math.min(least, limit), asking[0]?.limit ?? lastLimit);
    const limit = Math.min(believedLimit, found.limit ?? believedLimit);
    const demand = meter.read(readMs);
    const inHand = asking.length === 0 ? permits.left() : 0;
    const others = permits.settledIn(found.row, "all");
    const plan = planDraw({ row: others, inHand, limit, costs, demand, policy });
    if (plan.needed + plan.ahead === 0) {
      if (asking.length === 0) permits.drawOnDemand();
      else line.refuseAll(asking, { row: others, limit, believedLimit, readMs });
      return settled(found, settling);
    }

    const row = permits.settledIn(found.row, settling);
    const lifeMs = Math.min(lifeMaxMs, answerTime.allowanceMs() + plan.holdMs);
    const lease = createPermitLease({ limit, needed: plan.needed, ahead: plan.ahead, sentMs, lifeMs, row });
    const drawn = addCounts(row, [leaseCount(lease)]);
    const applied = await writes.write(found, drawn, settling);
    const answeredMs = monotonicMs();
    answerTime.note(answeredMs - sentMs);
    if (!applied) return "conflict";
    if (drops !== dropsBefore || answeredMs >= lease.endsMs) {
      permits.keepClosed(lease);
      return drops === dropsBefore ? "late" : "done";
    }
    const view = { row: drawn, limit, believedLimit, readMs };
    permits.open(lease, view, lowMark({ ahead: plan.ahead, demand, policy, answerMs: answerTime.usualMs() }));
    watchEnd();
    line.answerAsked({ asking, served: plan.served, view, lease });
    return "done";
  };

  const backOff = (conflicts: number): Promise<void> => {
    const delayMs = deps.random() * Math.max(1, answerTime.usualMs()) * Math.min(conflicts, 8);
    return new Promise((resolve) => {
      schedule(delayMs, resolve);
    });
  };

  const drawUntilAnswered = async (): Promise<void> => {
    let conflicts = 0;
    let late = 0;
    for (;;) {
      line.answerFromMemory();
      closeWhenEnded();
      if (line.isEmpty() && !permits.owesSettling() && !permits.runsLow()) {
        // Here, not where this is awaited: a request that came in between would wait for a loop that has ended.
        setWorking(false);
        return;
      }
      const outcome = await draw();
      conflicts = outcome === "conflict" ? conflicts + 1 : 0;
      late = outcome === "late" ? late + 1 : 0;
      if (late > LATE_MAX) throw new RateLimitUnavailable("the counts of a rate limit are answered too late");
      if (conflicts > CONFLICTS_MAX) throw new RateLimitUnavailable("too many draws of one key at once");
      if (conflicts > 0) await backOff(conflicts);
    }
  };

  const setWorking = (now: boolean) => {
    working = now;
    deps.onWorking(now);
  };

  const start = () => {
    if (working) return;
    setWorking(true);
    done = (async () => {
      try {
        await drawUntilAnswered();
      } catch (error) {
        // Without anybody waiting, it was permits that could not be given back: they count until they leave the window.
        line.failAll(error);
        permits.drawOnDemand();
        setWorking(false);
      }
    })();
  };

  return {
    take: (request, nowMs) => {
      // What the limit never admits is no demand.
      if (request.cost <= request.limit) meter.add(request.cost);
      lastLimit = request.limit;
      const decision = line.isEmpty() ? permits.decide(request, nowMs) : null;
      const later = decision ?? line.join(request);
      if (decision === null || permits.runsLow()) start();
      return later;
    },
    drop: () => {
      drops += 1;
      permits.forget();
      if (permits.owesSettling()) start();
    },
    drain: async () => {
      // A draw that is under way may bring more.
      while (working) await done;
      permits.close();
      if (permits.owesSettling()) start();
      await done;
    },
  };
};
