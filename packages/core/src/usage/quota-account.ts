import type { Quota } from "@itsy/contract";

import { isBeyond, monthAfter, monthOf } from "./quota.ts";

export interface QuotaRequest {
  readonly cost: number;
  readonly nowMs: number;
}

/** Tells, once, whether a request was accepted that had taken its cost: one that was not gives it back. */
export type OpenTake = (accepted: boolean) => void;

/** What one process knows of the month of one workspace. */
export interface QuotaAccount {
  readonly monthMs: number;
  readonly endMs: number;
  quota: Quota | null;
  /** In the database, of all replicas, as far as known. */
  writtenCost: number;
  /** Taken here, not in the database yet. */
  pendingCost: number;
  /** The part of it that may come back. */
  openCost: number;
  /** Those that it stands in the way of, in the order in which they came. */
  readonly waiting: { readonly request: QuotaRequest; readonly answer: (answer: number | OpenTake) => void }[];
  learntMs: number;
  /** When somebody was last refused. */
  refusedMs: number;
  isWanted: boolean;
}

/** Longer than the time between two looks at a workspace that is in use. */
const STALE_AFTER_MS = 2000;
/** After a refusal: whoever comes back as told, to each replica in turn, meets what is known of now. */
const LOOKED_AT_FOR_MS = 60_000;

/** Of the month that holds the instant, before anything is known of it. */
export const openAccount = (nowMs: number, quota: Quota | null): QuotaAccount => {
  const month = monthOf(new Date(nowMs));
  return {
    monthMs: month.getTime(),
    endMs: monthAfter(month).getTime(),
    quota,
    writtenCost: 0,
    pendingCost: 0,
    openCost: 0,
    waiting: [],
    learntMs: Number.NEGATIVE_INFINITY,
    refusedMs: Number.NEGATIVE_INFINITY,
    isWanted: false,
  };
};

/** The cost of a request that is not accepted after all, or is in the database now. */
export const takeOffPending = (account: QuotaAccount, cost: number): void => {
  account.pendingCost = Math.max(0, account.pendingCost - cost);
};

/** What was taken may come back: until it is known, nobody is refused because of it. */
export const openTake = (account: QuotaAccount, cost: number): OpenTake => {
  account.openCost += cost;
  return (accepted) => {
    account.openCost -= cost;
    if (!accepted) takeOffPending(account, cost);
    answerWaiting(account);
  };
};

/** Whether it should be looked up; also where the clock stepped back. */
export const isStale = ({ learntMs }: QuotaAccount, nowMs: number): boolean =>
  Math.abs(nowMs - learntMs) > STALE_AFTER_MS;

/** How long whoever is refused should wait. */
const refuse = (account: QuotaAccount, { cost, nowMs }: QuotaRequest): number => {
  account.refusedMs = nowMs;
  const untilEndMs = Math.max(1, account.endMs - nowMs);
  if (isStale(account, nowMs)) return Math.min(STALE_AFTER_MS, untilEndMs);
  return isBeyond(account.quota, 0, cost) ? Number.POSITIVE_INFINITY : untilEndMs;
};

/** Takes the cost, or refuses; `undefined` while that depends on requests that are open. */
export const tryTake = (account: QuotaAccount, request: QuotaRequest): number | null | undefined => {
  const { cost } = request;
  const usedCost = account.writtenCost + account.pendingCost;
  if (!isBeyond(account.quota, usedCost, cost)) {
    account.pendingCost += cost;
    return null;
  }
  return isBeyond(account.quota, usedCost - account.openCost, cost) ? refuse(account, request) : undefined;
};

/** From the front, as far as it can be said: the longest that somebody waits is until nothing is open. */
const answerWaiting = (account: QuotaAccount): void => {
  for (let first = account.waiting[0]; first !== undefined; first = account.waiting[0]) {
    const taken = tryTake(account, first.request);
    if (taken === undefined) return;
    account.waiting.shift();
    // Open before anybody else asks: it has yet to draw.
    first.answer(taken ?? openTake(account, first.request.cost));
  }
};

/** What the database says, of all replicas. */
export const learnInto = (
  account: QuotaAccount,
  { quota, cost, nowMs }: { readonly quota: Quota | null; readonly cost: number; readonly nowMs: number },
): void => {
  account.quota = quota;
  account.writtenCost = cost;
  account.learntMs = nowMs;
  // What is written later may be the last of a month that reaches a share of the quota: somebody has to see it.
  account.isWanted = account.pendingCost > 0 || Math.abs(nowMs - account.refusedMs) < LOOKED_AT_FOR_MS;
};
