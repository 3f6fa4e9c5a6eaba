import type { Demand } from "./demand-meter.ts";
import { WINDOW_MS } from "./rate-decision.ts";
import type { RateRow } from "./rate-row.ts";
import { permitsFree, permitsHeld } from "./window-view.ts";

/** How many permits a replica takes before it needs them, and how long it may keep them. */
export interface DrawPolicy {
  /** Permits for this much of the key's recent traffic on this replica are drawn ahead when the window has room. */
  readonly aheadMs: number;
  /**
   * No more ahead than the limit lets through in this time in the long run: a burst does not last, and what one replica
   * holds for more of it is missed on another.
   */
  readonly sustainedMs: number;
  /** For this much even when the window is nearly full, so that a hot key does not ask for single permits. */
  readonly aheadAtLeastMs: number;
  /** The part of the free permits drawn ahead at most, while no other replica holds any. */
  readonly shareAlone: number;
  /** The same, while others do. */
  readonly shareAmongOthers: number;
  /** The part of the free permits drawn ahead whatever the traffic was. */
  readonly shareAtLeast: number;
  /** How long permits drawn ahead may be kept. */
  readonly holdMs: number;
  /** Instead of `aheadMs` and `holdMs`, for a hot key that takes no more than this share of what is free: it asks less often. */
  readonly plenty: { readonly share: number; readonly aheadMs: number; readonly holdMs: number };
  /** Draws that nobody waits for are put off for up to this long, so that those of several keys share statements. */
  readonly gatherMs: number;
}

/** For replicas that share keys: a hot key costs each of them about five calls a second, two far below its limit. */
export const sharedDrawPolicy: DrawPolicy = Object.freeze({
  aheadMs: 400,
  sustainedMs: 400,
  aheadAtLeastMs: 100,
  shareAlone: 1 / 2,
  shareAmongOthers: 1 / 8,
  shareAtLeast: 0,
  holdMs: 1000,
  plenty: { share: 1 / 64, aheadMs: 1600, holdMs: 2000 },
  gatherMs: 100,
});

/**
 * For the only process of an installation: what it holds, nobody else needs. It draws so that its counts outlive it,
 * and seldom. Killed without notice, it leaves at most the permits of one lease unspent behind, which count for
 * another `holdMs` and a window.
 */
export const soleDrawPolicy: DrawPolicy = Object.freeze({
  aheadMs: 5000,
  sustainedMs: Number.POSITIVE_INFINITY,
  aheadAtLeastMs: 1000,
  shareAlone: 1 / 2,
  shareAmongOthers: 1 / 2,
  shareAtLeast: 1 / 16,
  holdMs: 15_000,
  plenty: { share: 0, aheadMs: 5000, holdMs: 15_000 },
  gatherMs: 0,
});

export interface DrawSituation {
  /** As of now, without what this replica holds. */
  readonly row: RateRow;
  /** Permits that this replica holds, and goes on spending. */
  readonly inHand: number;
  readonly limit: number;
  /** The costs of the requests that wait, in their order. None: the next permits are drawn before anybody waits. */
  readonly costs: readonly number[];
  /** On this replica. */
  readonly demand: Demand;
  readonly policy: DrawPolicy;
}

export interface DrawPlan {
  /** For each waiting request, whether it is served. One that does not fit takes nothing from those behind it. */
  readonly served: readonly boolean[];
  /** Permits for those. */
  readonly needed: number;
  /** Permits for requests to come; none when requests wait and none of them is served. */
  readonly ahead: number;
  /** How long those may be kept. */
  readonly holdMs: number;
}

/** Permits that are drawn before anybody waits for them, at least. */
const AHEAD_UNASKED_MIN = 8;
/** How much slower than usual the database may answer without anybody waiting, and how long it takes at least. */
const ANSWER_SLACK = 3;
const ANSWER_LEAST_MS = 5;

type Expectation = Pick<DrawSituation, "row" | "limit" | "demand" | "policy"> & { readonly free: number };

const lasting = (ms: number, permitsPerSecond: number) => Math.floor((permitsPerSecond * ms) / 1000);

const planAhead = ({ row, free, limit, demand, policy }: Expectation): Pick<DrawPlan, "ahead" | "holdMs"> => {
  const { plenty } = policy;
  // By the peak: a key that becomes hot draws far ahead at once, since that is nothing that others would miss.
  const generous = lasting(plenty.aheadMs, demand.peakPerSecond);
  if (generous <= free * plenty.share && lasting(policy.aheadMs, demand.peakPerSecond) >= AHEAD_UNASKED_MIN) {
    return { ahead: generous, holdMs: plenty.holdMs };
  }
  const share = Math.floor(free * (permitsHeld(row) === 0 ? policy.shareAlone : policy.shareAmongOthers));
  const least = Math.max(share, lasting(policy.aheadAtLeastMs, demand.perSecond));
  const sustained = Math.floor((limit * policy.sustainedMs) / WINDOW_MS);
  const expected = Math.min(lasting(policy.aheadMs, demand.perSecond), least, sustained);
  return { ahead: Math.min(free, Math.max(expected, Math.floor(free * policy.shareAtLeast))), holdMs: policy.holdMs };
};

export const planDraw = ({ row, inHand, limit, costs, demand, policy }: DrawSituation): DrawPlan => {
  let free = Math.max(0, permitsFree(row, limit) - inHand);
  let needed = 0;
  const served = costs.map((cost) => {
    const fits = cost <= free;
    if (fits) {
      free -= cost;
      needed += cost;
    }
    return fits;
  });
  if (needed === 0 && costs.length > 0) return { served, needed, ahead: 0, holdMs: 0 };
  const { ahead, holdMs } = planAhead({ row, free, limit, demand, policy });
  // Less than a request costs would only be carried back; and what does not last can as well be asked for.
  const least = costs.length === 0 ? AHEAD_UNASKED_MIN : needed / served.filter(Boolean).length;
  return ahead < least ? { served, needed, ahead: 0, holdMs: 0 } : { served, needed, ahead, holdMs };
};

interface Drawn {
  /** Permits that the last draw brought beyond what was asked for. */
  readonly ahead: number;
  readonly demand: Demand;
  readonly policy: DrawPolicy;
  /** How long the database usually takes. */
  readonly answerMs: number;
}

/**
 * With so many permits in hand, it is time to draw the next ones: what is spent until they come, and half at most of
 * what was drawn ahead. -1 for those that are drawn when they are asked for: of a key that is not hot enough, and where
 * the window is so full that a draw brings nothing that lasts, and each before its time would be one more.
 */
export const lowMark = ({ ahead, demand, policy, answerMs }: Drawn): number => {
  if (ahead < Math.max(AHEAD_UNASKED_MIN, lasting(policy.aheadMs / 2, demand.perSecond))) return -1;
  const untilAnsweredMs = policy.gatherMs + ANSWER_SLACK * answerMs + ANSWER_LEAST_MS;
  const spentMeanwhile = 1 + lasting(untilAnsweredMs, demand.peakPerSecond);
  return Math.min(Math.floor(ahead / 2), spentMeanwhile);
};
