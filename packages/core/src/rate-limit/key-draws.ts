import type { AnswerTime } from "./answer-time.ts";
import type { DemandMeter } from "./demand-meter.ts";
import { type DrawPolicy, lowMark, planDraw } from "./draw-plan.ts";
import type { Gathering } from "./gathering.ts";
import { createLocalPermits, type RateRequest, type Settling } from "./local-permits.ts";
import { createPermitLease, leaseCount } from "./permit-lease.ts";
import { type RateLimitStore, RateLimitUnavailable, type Schedule } from "./ports.ts";
import type { RateDecision } from "./rate-decision.ts";
import { addCounts } from "./rate-row.ts";
import { createSettlingWrites, type SettlingWrites } from "./settling-writes.ts";
import { type FoundWindow, readWindow } from "./stored-window.ts";
import { createWaitingLine, type WaitingLine } from "./waiting-line.ts";

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
  /** For draws that nobody waits for, of all keys. */
  readonly gather: Gathering;
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

class Draws implements KeyDraws {
  readonly #deps: KeyDrawsDeps;
  readonly #meter: DemandMeter;
  readonly #permits = createLocalPermits();
  readonly #line: WaitingLine;
  readonly #writes: SettlingWrites;
  #isWorking = false;
  #isGathered = false;
  #done: Promise<void> = Promise.resolve();
  #drops = 0;
  /** What was believed of the key's limit lately. */
  #lastLimit = 0;
  #cancelEnd = () => {};

  constructor(deps: KeyDrawsDeps) {
    this.#deps = deps;
    this.#meter = deps.meter;
    this.#line = createWaitingLine(this.#permits, deps.monotonicMs);
    this.#writes = createSettlingWrites({ keyId: deps.keyId, store: deps.store, permits: this.#permits });
  }

  take(request: RateRequest, nowMs: number): RateDecision | Promise<RateDecision> {
    // What the limit never admits is no demand.
    if (request.cost <= request.limit) this.#meter.add(request.cost);
    this.#lastLimit = request.limit;
    const decision = this.#line.isEmpty() ? this.#permits.decide(request, nowMs) : null;
    const later = decision ?? this.#line.join(request);
    if (decision === null) this.#start();
    else if (this.#permits.runsLow()) this.#startWithOthers();
    return later;
  }

  drop(): void {
    this.#drops += 1;
    this.#permits.forget();
    if (this.#permits.owesSettling()) this.#start();
  }

  async drain(): Promise<void> {
    // A draw that is under way may bring more.
    while (this.#isWorking) await this.#done;
    this.#permits.close();
    if (this.#permits.owesSettling()) this.#start();
    await this.#done;
  }

  #start(): void {
    if (this.#isWorking) return;
    this.#setWorking(true);
    this.#done = this.#work();
  }

  #startWithOthers(): void {
    if (this.#isWorking || this.#isGathered) return;
    this.#isGathered = true;
    this.#deps.gather(() => {
      this.#isGathered = false;
      this.#start();
    });
  }

  async #work(): Promise<void> {
    try {
      await this.#drawUntilAnswered();
    } catch (error) {
      // Without anybody waiting, it was permits that could not be given back: they count until they leave the window.
      this.#line.failAll(error);
      this.#permits.drawOnDemand();
      this.#setWorking(false);
    }
  }

  #setWorking(now: boolean): void {
    this.#isWorking = now;
    this.#deps.onWorking(now);
  }

  async #drawUntilAnswered(): Promise<void> {
    let conflicts = 0;
    let late = 0;
    for (;;) {
      this.#line.answerFromMemory();
      this.#closeWhenEnded();
      if (this.#line.isEmpty() && !this.#permits.owesSettling() && !this.#permits.runsLow()) {
        // Here, not where this is awaited: a request that came in between would wait for a loop that has ended.
        this.#setWorking(false);
        return;
      }
      const outcome = await this.#draw();
      conflicts = outcome === "conflict" ? conflicts + 1 : 0;
      late = outcome === "late" ? late + 1 : 0;
      if (late > LATE_MAX) throw new RateLimitUnavailable("the counts of a rate limit are answered too late");
      if (conflicts > CONFLICTS_MAX) throw new RateLimitUnavailable("too many draws of one key at once");
      if (conflicts > 0) await this.#backOff(conflicts);
    }
  }

  /** What one read and one write make of the requests that wait, or of permits that run low. */
  async #draw(): Promise<Outcome> {
    const { keyId, store, monotonicMs, policy, lifeMaxMs, answerTime } = this.#deps;
    const permits = this.#permits;
    const line = this.#line;
    const dropsBefore = this.#drops;
    const sentMs = monotonicMs();
    const found = await readWindow(store, keyId);
    const readMs = monotonicMs();
    // What was read may be older than a change of the limit.
    if (this.#drops !== dropsBefore) return "done";
    this.#closeWhenEnded();
    const asking = line.all();
    // While nobody waits, what is in hand is spent on.
    const settling: Settling = asking.length === 0 ? "spent" : "all";
    if (asking.length === 0 && !permits.runsLow()) return this.#settled(found, settling);

    const costs = asking.map(({ cost }) => cost);
    const believed = asking.reduce((least, { limit }) => Math.min(least, limit), asking[0]?.limit ?? this.#lastLimit);
    const limit = Math.min(believed, found.limit ?? believed);
    const demand = this.#meter.read(readMs);
    const inHand = asking.length === 0 ? permits.left() : 0;
    const others = permits.settledIn(found.row, "all");
    const plan = planDraw({ row: others, inHand, limit, costs, demand, policy });
    if (plan.needed + plan.ahead === 0) {
      if (asking.length === 0) permits.drawOnDemand();
      else line.refuseAll(asking, { row: found.row, limit, believedLimit: believed, readMs });
      return this.#settled(found, settling);
    }

    const row = permits.settledIn(found.row, settling);
    const lifeMs = Math.min(lifeMaxMs, answerTime.allowanceMs() + plan.holdMs);
    const lease = createPermitLease({ limit, needed: plan.needed, ahead: plan.ahead, sentMs, lifeMs, row });
    const drawn = addCounts(row, [leaseCount(lease)]);
    const applied = await this.#writes.write(found, drawn, settling);
    const answeredMs = monotonicMs();
    answerTime.note(answeredMs - sentMs);
    if (!applied) return "conflict";
    if (this.#drops !== dropsBefore || answeredMs >= lease.endsMs) {
      permits.keepClosed(lease);
      return this.#drops === dropsBefore ? "late" : "done";
    }
    const view = { row: drawn, limit, believedLimit: believed, readMs };
    permits.open(lease, view, lowMark({ ahead: plan.ahead, demand, policy, answerMs: answerTime.usualMs() }));
    this.#watchEnd();
    line.answerAsked({ asking, served: plan.served, view, lease });
    return "done";
  }

  async #settled(found: FoundWindow, which: Settling): Promise<Outcome> {
    return (await this.#writes.settle(found, which)) ? "done" : "conflict";
  }

  #backOff(conflicts: number): Promise<void> {
    const { random, answerTime, schedule } = this.#deps;
    const delayMs = random() * Math.max(1, answerTime.usualMs()) * Math.min(conflicts, 8);
    return new Promise((resolve) => {
      schedule(delayMs, resolve);
    });
  }

  #closeWhenEnded(): void {
    if (this.#deps.monotonicMs() >= this.#permits.settleAtMs()) this.#permits.close();
  }

  /** Settles when leases end, unless a draw did before. */
  #watchEnd(): void {
    this.#cancelEnd();
    const atMs = this.#permits.settleAtMs();
    if (atMs === Number.POSITIVE_INFINITY) return;
    const { monotonicMs, schedule } = this.#deps;
    this.#cancelEnd = schedule(Math.max(1, Math.ceil(atMs - monotonicMs())), () => {
      this.#closeWhenEnded();
      if (this.#permits.owesSettling()) this.#startWithOthers();
      this.#watchEnd();
    });
  }
}

export const createKeyDraws = (deps: KeyDrawsDeps): KeyDraws => new Draws(deps);
