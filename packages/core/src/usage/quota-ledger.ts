import type { Quota } from "@itsy/contract";

import type { QuotaState, UsageMonth } from "../ports.ts";
import { isBeyond, monthAfter, monthOf } from "./quota.ts";

export interface QuotaRequest {
  readonly cost: number;
  readonly nowMs: number;
}

/** Tells, once, whether a request was accepted that had taken its cost: one that was not gives it back. */
export type OpenTake = (accepted: boolean) => void;

/** What a request takes from its workspace's month, before it draws from the rate limit. */
export interface QuotaGate {
  /**
   * Takes the cost: `null`. Or refuses, taking nothing: milliseconds until the month is over (infinity for a cost that no
   * month ever admits), or until a look will have told whether the quota is still what it was, where the last one was
   * long ago. Only where requests stand in the way that may not be accepted after all, it waits for them: for a refusal,
   * or for a cost that is taken.
   */
  take(workspaceId: string, request: QuotaRequest): number | null | Promise<number | OpenTake>;
  /** The request, which took its cost just now, was not accepted after all. */
  giveBack(workspaceId: string, request: QuotaRequest): void;
  /** The request, which took its cost just now, waits to be accepted: until then nobody is refused because of it. */
  leaveOpen(workspaceId: string, request: QuotaRequest): OpenTake;
}

export interface QuotaLedger extends QuotaGate {
  /** A batch with these costs is in the database. */
  written(months: readonly UsageMonth[]): void;
  /** The workspaces that took since they were last learnt, took what is not written yet, or were refused a moment ago. */
  wanted(): readonly string[];
  /** What the database says, read when every batch so far was written. */
  learn(states: readonly QuotaState[], now: Date): void;
  /** Something was left to do for these: they are wanted whether or not they take. */
  lookAgain(workspaceIds: Iterable<string>): void;
}

interface Account {
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
/** An account that nobody used for so long is forgotten, unless its quota blocks. */
const FORGOTTEN_AFTER_MS = 600_000;

const openTake = (account: Account, cost: number): OpenTake => {
  account.openCost += cost;
  return (accepted) => {
    account.openCost -= cost;
    if (!accepted) account.pendingCost = Math.max(0, account.pendingCost - cost);
    answerWaiting(account);
  };
};

/** Also where the clock stepped back. */
const isStale = ({ learntMs }: Account, nowMs: number): boolean => Math.abs(nowMs - learntMs) > STALE_AFTER_MS;

/** How long whoever is refused should wait. */
const refuse = (account: Account, { cost, nowMs }: QuotaRequest): number => {
  account.refusedMs = nowMs;
  const untilEndMs = Math.max(1, account.endMs - nowMs);
  if (isStale(account, nowMs)) return Math.min(STALE_AFTER_MS, untilEndMs);
  return isBeyond(account.quota, 0, cost) ? Number.POSITIVE_INFINITY : untilEndMs;
};

/** Takes the cost, or refuses; `undefined` while that depends on requests that are open. */
const tryTake = (account: Account, request: QuotaRequest): number | null | undefined => {
  const { cost } = request;
  const usedCost = account.writtenCost + account.pendingCost;
  if (!isBeyond(account.quota, usedCost, cost)) {
    account.pendingCost += cost;
    return null;
  }
  return isBeyond(account.quota, usedCost - account.openCost, cost) ? refuse(account, request) : undefined;
};

/** From the front, as far as it can be said: the longest that somebody waits is until nothing is open. */
const answerWaiting = (account: Account): void => {
  for (let first = account.waiting[0]; first !== undefined; first = account.waiting[0]) {
    const taken = tryTake(account, first.request);
    if (taken === undefined) return;
    account.waiting.shift();
    // Open before anybody else asks: it has yet to draw.
    first.answer(taken ?? openTake(account, first.request.cost));
  }
};

/**
 * What this process knows of the months of workspaces. What it took itself counts at once, what other replicas took from
 * the next look on. A workspace of which nothing is known yet is let through, and looked up at once. One with a blocking
 * quota is never forgotten: it would be let through again. So memory grows with the number of those, by about 500 bytes
 * each.
 * @param onStale called when a workspace should be looked up soon
 */
export const createQuotaLedger = ({ onStale }: { readonly onStale: () => void }): QuotaLedger => {
  const accounts = new Map<string, Account>();

  const open = (workspaceId: string, nowMs: number, quota: Quota | null): Account => {
    const month = monthOf(new Date(nowMs));
    const account: Account = {
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
    accounts.set(workspaceId, account);
    return account;
  };

  const accountOf = (workspaceId: string, nowMs: number): Account => {
    const account = accounts.get(workspaceId);
    if (account === undefined) return open(workspaceId, nowMs, null);
    return nowMs >= account.endMs ? open(workspaceId, nowMs, account.quota) : account;
  };

  const forgetIdle = (nowMs: number) => {
    for (const [workspaceId, { quota, pendingCost, learntMs }] of accounts) {
      const isIdle = pendingCost === 0 && nowMs - learntMs > FORGOTTEN_AFTER_MS;
      if (isIdle && quota?.mode !== "block") accounts.delete(workspaceId);
    }
  };

  return Object.freeze({
    take: (workspaceId: string, request: QuotaRequest) => {
      const { nowMs } = request;
      const account = accountOf(workspaceId, nowMs);
      if (!account.isWanted) {
        account.isWanted = true;
        if (isStale(account, nowMs)) onStale();
      }
      const taken = tryTake(account, request);
      if (taken !== undefined) return taken;
      return new Promise<number | OpenTake>((answer) => {
        account.waiting.push({ request, answer });
      });
    },
    leaveOpen: (workspaceId: string, { cost, nowMs }: QuotaRequest) => openTake(accountOf(workspaceId, nowMs), cost),
    giveBack: (workspaceId: string, { cost, nowMs }: QuotaRequest) => {
      const account = accountOf(workspaceId, nowMs);
      account.pendingCost = Math.max(0, account.pendingCost - cost);
    },
    written: (months: readonly UsageMonth[]) => {
      for (const { workspaceId, month, cost } of months) {
        const account = accounts.get(workspaceId);
        if (account?.monthMs !== month.getTime()) continue;
        account.pendingCost = Math.max(0, account.pendingCost - cost);
        account.writtenCost += cost;
      }
    },
    wanted: () => [...accounts].filter(([, { isWanted }]) => isWanted).map(([workspaceId]) => workspaceId),
    learn: (states: readonly QuotaState[], now: Date) => {
      const nowMs = now.getTime();
      for (const { workspaceId, quota, cost } of states) {
        const account = accountOf(workspaceId, nowMs);
        account.quota = quota;
        account.writtenCost = cost;
        account.learntMs = nowMs;
        // What is written later may be the last of a month that reaches a share of the quota: somebody has to see it.
        account.isWanted = account.pendingCost > 0 || Math.abs(nowMs - account.refusedMs) < LOOKED_AT_FOR_MS;
      }
      forgetIdle(nowMs);
    },
    lookAgain: (workspaceIds: Iterable<string>) => {
      for (const workspaceId of workspaceIds) {
        const account = accounts.get(workspaceId);
        if (account !== undefined) account.isWanted = true;
      }
    },
  });
};
