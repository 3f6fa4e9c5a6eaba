import type { Quota } from "@itsy/contract";
import type { QuotaState, UsageRange, UsageSince, UsageStep } from "@itsy/core";
import { type EntityManager, In } from "typeorm";
import { placeholders } from "../id-list.ts";
import { hours, months, partsOf } from "./usage-tables.ts";

export const requestsSince = async (
  manager: EntityManager,
  scopeIds: readonly string[],
  { outcome, from }: UsageSince,
) => {
  const rows: { scopeId: string; requests: number | string }[] = await hours(manager)
    .createQueryBuilder("u")
    .select("u.scopeId", "scopeId")
    .addSelect("SUM(u.requests)", "requests")
    .where({ scopeId: In([...scopeIds]), outcome })
    .andWhere("u.hour >= :from", { from: from.getTime() })
    .groupBy("u.scopeId")
    .getRawMany();
  return new Map(rows.map(({ scopeId, requests }) => [scopeId, Number(requests)]));
};

interface StepRow extends Pick<UsageStep, "outcome"> {
  readonly atMs: number | string;
  readonly requests: number | string;
  readonly cost: number | string;
}

export const steps = async (manager: EntityManager, scopeId: string, { from, to, stepMs }: UsageRange) => {
  const step = `u.hour - (u.hour % ${Math.trunc(stepMs)})`;
  const rows = await hours(manager)
    .createQueryBuilder("u")
    .select(step, "atMs")
    .addSelect("u.outcome", "outcome")
    .addSelect("SUM(u.requests)", "requests")
    .addSelect("SUM(u.cost)", "cost")
    .where("u.scopeId = :scopeId AND u.hour >= :from AND u.hour < :to", {
      scopeId,
      from: from.getTime(),
      to: to.getTime(),
    })
    .groupBy(step)
    .addGroupBy("u.outcome")
    .getRawMany<StepRow>();
  // A sum is text on the servers.
  return rows.map(({ atMs, outcome, requests, cost }) => ({
    at: new Date(Number(atMs)),
    outcome,
    requests: Number(requests),
    cost: Number(cost),
  }));
};

export const costsOf = async (manager: EntityManager, workspaceIds: readonly string[], month: Date) => {
  const costs = new Map<string, number>();
  for (const ids of partsOf(workspaceIds)) {
    const rows = await months(manager).findBy({ workspaceId: In([...ids]), month });
    for (const { workspaceId, cost } of rows) costs.set(workspaceId, cost);
  }
  return costs;
};

interface QuotaRow extends Omit<QuotaState, "quota"> {
  readonly perMonth: number | null;
  readonly mode: Quota["mode"] | null;
}

export const quotaStates = async (
  manager: EntityManager,
  workspaceIds: readonly string[],
  month: Date,
): Promise<readonly QuotaState[]> => {
  const states: QuotaState[] = [];
  for (const ids of partsOf(workspaceIds)) {
    const rows: QuotaRow[] = await manager.query(
      `SELECT w.id AS workspaceId, w.slug AS workspace, w.quota_per_month AS perMonth, w.quota_mode AS mode,
      COALESCE(m.cost, 0) AS cost, COALESCE(m.told_percent, 0) AS toldPercent
      FROM workspaces w LEFT JOIN usage_months m ON m.workspace_id = w.id AND m.month = ?
      WHERE w.id IN (${placeholders(ids.length)})`,
      [month.getTime(), ...ids],
    );
    for (const { perMonth, mode, ...rest } of rows) {
      states.push({ ...rest, quota: perMonth === null || mode === null ? null : { perMonth, mode } });
    }
  }
  return states;
};
