import type { RateRow } from "./rate-row.ts";
import { permitsFree, permitsHeld } from "./window-view.ts";

/** How many permits a replica takes before it needs them, and how long it may keep them. */
export interface DrawPolicy {
  /** Permits for this much of the key's recent traffic on this replica are drawn ahead when the window has room. */
  readonly aheadMs: number;
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
}

/** For replicas that share keys: a hot key costs each of them about five calls a second. */
export const sharedDrawPolicy: DrawPolicy = Object.freeze({
  aheadMs: 400,
  aheadAtLeastMs: 100,
  shareAlone: 1 / 2,
  shareAmongOthers: 1 / 8,
  shareAtLeast: 0,
  holdMs: 1000,
});

/**
 * For the only process of an installation: what it holds, nobody else needs. It draws so that its counts outlive it,
 * and seldom. Killed without notice, it leaves at most the permits of one lease unspent behind, which count for
 * another `holdMs` and a window.
 */
export const soleDrawPolicy: DrawPolicy = Object.freeze({
  aheadMs: 5000,
  aheadAtLeastMs: 1000,
  shareAlone: 1 / 2,
  shareAmongOthers: 1 / 2,
  shareAtLeast: 1 / 16,
  holdMs: 20_000,
});

export interface DrawSituation {
  /** As of now, without what this replica holds. */
  readonly row: RateRow;
  /** Permits that this replica holds, and goes on spending. */
  readonly inHand: number;
  readonly limit: number;
  /** The costs of the requests that wait, in their order. None: the next permits are drawn before anybody waits. */
  readonly costs: readonly number[];
  /** Permits a second that the key was asked for on this replica, lately. */
  readonly permitsPerSecond: number;
  readonly policy: DrawPolicy;
}

export interface DrawPlan {
  /** For each waiting request, whether it is served. One that does not fit takes nothing from those behind it. */
  readonly served: readonly boolean[];
  /** Permits for those. */
  readonly needed: number;
  /** Permits for requests to come; none when requests wait and none of them is served. */
  readonly ahead: number;
}

/** Permits that are drawn before anybody waits for them, at least. */
const AHEAD_UNASKED_MIN = 8;
/** How much slower than usual the database may answer without anybody waiting, and how long it takes at least. */
const ANSWER_SLACK = 3;
const ANSWER_LEAST_MS = 5;

export const planDraw = ({ row, inHand, limit, costs, permitsPerSecond, policy }: DrawSituation): DrawPlan => {
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
  if (needed === 0 && costs.length > 0) return { served, needed, ahead: 0 };
  const lasting = (ms: number) => Math.floor((permitsPerSecond * ms) / 1000);
  const share = Math.floor(free * (permitsHeld(row) === 0 ? policy.shareAlone : policy.shareAmongOthers));
  const expected = Math.min(lasting(policy.aheadMs), Math.max(share, lasting(policy.aheadAtLeastMs)));
  const ahead = Math.min(free, Math.max(expected, Math.floor(free * policy.shareAtLeast)));
  // Less than a request costs would only be carried back; and what does not last can as well be asked for.
  const least = costs.length === 0 ? AHEAD_UNASKED_MIN : needed / served.filter(Boolean).length;
  return { served, needed, ahead: ahead < least ? 0 : ahead };
};

/**
 * With so many permits in hand, it is time to draw the next ones: what is spent until they come, and half at most of
 * what was drawn `ahead`. -1 for a key that is not hot enough: its permits are drawn when they are asked for.
 */
export const lowMark = (ahead: number, permitsPerSecond: number, answerMs: number): number => {
  if (ahead < AHEAD_UNASKED_MIN) return -1;
  const spentMeanwhile = Math.ceil((permitsPerSecond * (ANSWER_SLACK * answerMs + ANSWER_LEAST_MS)) / 1000);
  return Math.min(Math.floor(ahead / 2), spentMeanwhile);
};
