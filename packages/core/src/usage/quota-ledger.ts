import type { Quota } from "@itsy/contract";

import type { QuotaState, UsageMonth } from "../ports.ts";
import {
  isStale,
  learnInto,
  type OpenTake,
  openAccount,
  openTake,
  type QuotaAccount,
  type QuotaRequest,
  takeOffPending,
  tryTake,
} from "./quota-account.ts";

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

/** An account that nobody used for so long is forgotten, unless its quota blocks. */
const FORGOTTEN_AFTER_MS = 600_000;

/**
 * What this process knows of the months of workspaces. What it took itself counts at once, what other replicas took from
 * the next look on. A workspace of which nothing is known yet is let through, and looked up at once. One with a blocking
 * quota is never forgotten: it would be let through again. So memory grows with the number of those, by about 500 bytes
 * each.
 * @param onStale called when a workspace should be looked up soon
 */
export const createQuotaLedger = ({ onStale }: { readonly onStale: () => void }): QuotaLedger => {
  const accounts = new Map<string, QuotaAccount>();

  const open = (workspaceId: string, nowMs: number, quota: Quota | null): QuotaAccount => {
    const account = openAccount(nowMs, quota);
    accounts.set(workspaceId, account);
    return account;
  };

  const accountOf = (workspaceId: string, nowMs: number): QuotaAccount => {
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
    giveBack: (workspaceId: string, { cost, nowMs }: QuotaRequest) =>
      takeOffPending(accountOf(workspaceId, nowMs), cost),
    written: (months: readonly UsageMonth[]) => {
      for (const { workspaceId, month, cost } of months) {
        const account = accounts.get(workspaceId);
        if (account?.monthMs !== month.getTime()) continue;
        takeOffPending(account, cost);
        account.writtenCost += cost;
      }
    },
    wanted: () => [...accounts].filter(([, { isWanted }]) => isWanted).map(([workspaceId]) => workspaceId),
    learn: (states: readonly QuotaState[], now: Date) => {
      const nowMs = now.getTime();
      for (const { workspaceId, quota, cost } of states) {
        learnInto(accountOf(workspaceId, nowMs), { quota, cost, nowMs });
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
