import type { AnswerTime } from "./answer-time.ts";
import type { DemandMeter } from "./demand-meter.ts";
import { type DrawPolicy, planDraw } from "./draw-plan.ts";
import { createLocalPermits, type RateRequest } from "./local-permits.ts";
import { createPermitLease, leaseCount } from "./permit-lease.ts";
import { type RateLimitStore, RateLimitUnavailable } from "./ports.ts";
import type { RateDecision } from "./rate-decision.ts";
import { addCounts, type RateRow } from "./rate-row.ts";
import { type FoundWindow, readWindow, writeWindow } from "./stored-window.ts";
import { createWaitingLine } from "./waiting-line.ts";

/** Runs something once after a delay, unless what it returned was called before. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

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

/** One key on one replica: spends what it holds, and draws when that does not suffice, one draw at a time. */
export interface KeyDraws {
  take(request: RateRequest): RateDecision | Promise<RateDecision>;
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
  let working = false;
  let done: Promise<void> = Promise.resolve();
  let drops = 0;
  let cancelEnd = () => {};

  const closeWhenEnded = () => {
    const lease = permits.current();
    if (lease !== null && lease.ahead > 0 && monotonicMs() >= lease.endsMs) permits.close();
  };

  /** Settles at the lease's end, unless the next draw did before. */
  const watchEnd = () => {
    cancelEnd();
    const lease = permits.current();
    if (lease === null || lease.ahead === 0) return;
    cancelEnd = schedule(Math.max(1, Math.ceil(lease.endsMs - monotonicMs())), () => {
      closeWhenEnded();
      if (permits.owesSettling()) start();
    });
  };

  /** Whether the row took the place of the one that was found. The leases that it settles are forgotten before. */
  const write = async (found: FoundWindow, row: RateRow): Promise<boolean> => {
    // A write whose answer is lost may have been applied, or still be. Settled twice, a lease would give back permits
    // of others; never settled, its permits count for as long as they could have been spent.
    const settled = permits.giveUp();
    const applied = await writeWindow(store, keyId, { found, row });
    if (!applied) permits.takeBack(settled);
    return applied;
  };

  const writeWithoutDraw = async (found: FoundWindow, row: RateRow): Promise<Outcome> => {
    if (!permits.owesSettling() && !found.renumbered) return "done";
    return (await write(found, row)) ? "done" : "conflict";
  };

  const draw = async (): Promise<Outcome> => {
    const dropsBefore = drops;
    const sentMs = monotonicMs();
    const found = await readWindow(store, keyId);
    const readMs = monotonicMs();
    // What was read may be older than a change of the limit.
    if (drops !== dropsBefore) return "done";
    const row = permits.settledIn(found.row);
    const asking = line.all();
    if (asking.length === 0) return writeWithoutDraw(found, row);

    const costs = asking.map(({ cost }) => cost);
    const believedLimit = asking.reduce((least, request) => Math.min(least, request.limit), Number.POSITIVE_INFINITY);
    const limit = Math.min(believedLimit, found.limit ?? believedLimit);
    const plan = planDraw({ row, limit, costs, permitsPerSecond: meter.read(readMs), policy });
    const refused = new Set(asking.filter((_, index) => plan.served[index] !== true));
    if (plan.needed === 0) {
      const view = { row, limit, believedLimit, readMs };
      permits.refuse(
        view,
        costs.reduce((least, cost) => Math.min(least, cost)),
      );
      line.answerAsked({ asking, refused, view, lease: null });
      return writeWithoutDraw(found, row);
    }

    const lifeMs = Math.min(lifeMaxMs, answerTime.allowanceMs() + (plan.ahead > 0 ? policy.holdMs : 0));
    const lease = createPermitLease({ limit, needed: plan.needed, ahead: plan.ahead, sentMs, lifeMs, row });
    const drawn = addCounts(row, [leaseCount(lease)]);
    const applied = await write(found, drawn);
    const answeredMs = monotonicMs();
    answerTime.note(answeredMs - sentMs);
    if (!applied) return "conflict";
    if (drops !== dropsBefore || answeredMs >= lease.endsMs) {
      permits.keepClosed(lease);
      return drops === dropsBefore ? "late" : "done";
    }
    const view = { row: drawn, limit, believedLimit, readMs };
    permits.open(lease, view);
    watchEnd();
    line.answerAsked({ asking, refused, view, lease });
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
      if (line.all().length === 0 && !permits.owesSettling()) {
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
        setWorking(false);
      }
    })();
  };

  return {
    take: (request) => {
      // What the limit never admits is no demand.
      if (request.cost <= request.limit) meter.add(request.cost);
      const decision = working ? null : permits.decide(request, monotonicMs());
      if (decision !== null) return decision;
      const later = line.join(request);
      start();
      return later;
    },
    drop: () => {
      drops += 1;
      permits.forget();
      if (permits.owesSettling()) start();
    },
    drain: async () => {
      permits.close();
      if (permits.owesSettling()) start();
      await done;
    },
  };
};
