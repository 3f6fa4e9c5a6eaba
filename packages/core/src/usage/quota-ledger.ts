import type { Quota } from "@itsy/contract";

import type { QuotaState, UsageMonth } from "./ports.ts";
import { isBeyond, monthAfter, monthOf } from "./quota.ts";

export interface QuotaRequest {
  readonly cost: number;
  readonly nowMs: number;
}

/** What a request takes from its workspace's month, before it draws from the rate limit. Never waits. */
export interface QuotaGate {
  /** Takes the cost: `null`. Or refuses, taking nothing: milliseconds until the month is over. */
  take(workspaceId: string, request: QuotaRequest): number | null;
  /** The request was not accepted after all. */
  giveBack(workspaceId: string, request: QuotaRequest): void;
}

export interface QuotaLedger extends QuotaGate {
  /** A batch with these costs is in the database. */
  written(months: readonly UsageMonth[]): void;
  /** The workspaces that took since they were last learnt. */
  wanted(): readonly string[];
  /** What the database says, read when every batch so far was written. */
  learn(states: readonly QuotaState[], now: Date): void;
}

interface Account {
  readonly monthMs: number;
  readonly endMs: number;
  quota: Quota | null;
  /** In the database, of all replicas, as far as known. */
  writtenCost: number;
  /** Taken here, not in the database yet. */
  pendingCost: number;
  learntMs: number;
  isWanted: boolean;
}

/** Longer than the time between two looks at a workspace that is in use. */
const STALE_AFTER_MS = 2000;
/** An account that nobody used for so long is forgotten. */
const FORGOTTEN_AFTER_MS = 600_000;

/**
 * What this process knows of the months of workspaces. What it took itself counts at once, what other replicas took from
 * the next look on. A workspace of which nothing is known yet is let through, and looked up at once.
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
      learntMs: Number.NEGATIVE_INFINITY,
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
    for (const [workspaceId, { pendingCost, learntMs }] of accounts) {
      if (pendingCost === 0 && nowMs - learntMs > FORGOTTEN_AFTER_MS) accounts.delete(workspaceId);
    }
  };

  return Object.freeze({
    take: (workspaceId: string, { cost, nowMs }: QuotaRequest) => {
      const account = accountOf(workspaceId, nowMs);
      if (!account.isWanted) {
        account.isWanted = true;
        // Also a clock that stepped back.
        if (Math.abs(nowMs - account.learntMs) > STALE_AFTER_MS) onStale();
      }
      if (isBeyond(account.quota, account.writtenCost + account.pendingCost, cost)) {
        return Math.max(1, account.endMs - nowMs);
      }
      account.pendingCost += cost;
      return null;
    },
    giveBack: (workspaceId: string, { cost, nowMs }: QuotaRequest) => {
      const account = accountOf(workspaceId, nowMs);
      // Nothing of it is there when the month ended in between.
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
        account.isWanted = false;
      }
      forgetIdle(nowMs);
    },
  });
};
