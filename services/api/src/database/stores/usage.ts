import type { Quota } from "@itsy/contract";
import type {
  LastUse,
  QuotaState,
  QuotaTold,
  UsageCount,
  UsageMonth,
  UsageSince,
  UsageStore,
  UsageWriterRow,
} from "@itsy/core";
import { type EntityManager, In } from "typeorm";

import type { UsageMonthRow } from "../schema/usage.ts";
import type { Session } from "../session.ts";
import { insertRow } from "./insert-row.ts";

/** Rows in one statement. */
const ROWS_MAX = 500;

const partsOf = <Row>(rows: readonly Row[]): readonly (readonly Row[])[] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_MAX) }, (_, part) =>
    rows.slice(part * ROWS_MAX, (part + 1) * ROWS_MAX),
  );

/** What stands behind the rows of an insert, so that those which are there grow instead. */
const growing = (manager: EntityManager, key: string, columns: readonly string[]): string =>
  manager.dataSource.options.type === "better-sqlite3"
    ? `ON CONFLICT (${key}) DO UPDATE SET ${columns.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`
    : `ON DUPLICATE KEY UPDATE ${columns.map((name) => `${name} = ${name} + VALUES(${name})`).join(", ")}`;

const placeholders = (rows: number, columns: number): string =>
  Array.from({ length: rows }, () => `(${Array.from({ length: columns }, () => "?").join(", ")})`).join(", ");

const addHours = async (manager: EntityManager, counts: readonly UsageCount[]): Promise<void> => {
  for (const part of partsOf(counts)) {
    await manager.query(
      `INSERT INTO usage_hours (scope_id, hour, outcome, requests, cost) VALUES ${placeholders(part.length, 5)}
      ${growing(manager, "scope_id, hour, outcome", ["requests", "cost"])}`,
      part.flatMap(({ scopeId, hour, outcome, requests, cost }) => [scopeId, hour.getTime(), outcome, requests, cost]),
    );
  }
};

const addMonths = async (manager: EntityManager, months: readonly UsageMonth[]): Promise<void> => {
  for (const part of partsOf(months)) {
    await manager.query(
      `INSERT INTO usage_months (workspace_id, month, cost) VALUES ${placeholders(part.length, 3)}
      ${growing(manager, "workspace_id, month", ["cost"])}`,
      part.flatMap(({ workspaceId, month, cost }) => [workspaceId, month.getTime(), cost]),
    );
  }
};

const touch = async (manager: EntityManager, table: "api_keys" | "secret_versions", uses: readonly LastUse[]) => {
  const bySecond = Map.groupBy(uses, ({ at }) => at.getTime());
  for (const [atMs, used] of bySecond) {
    for (const part of partsOf(used)) {
      const ids = part.map(({ id }) => id);
      await manager.query(
        `UPDATE ${table} SET last_used_at = ?
        WHERE id IN (${ids.map(() => "?").join(", ")}) AND (last_used_at IS NULL OR last_used_at < ?)`,
        [atMs, ...ids, atMs],
      );
    }
  }
};

const claim = async (session: Session, { id, batch, seenAt }: UsageWriterRow): Promise<boolean> => {
  const { affected } = await session.write((manager) =>
    manager
      .getRepository<UsageWriterRow>("usage_writers")
      .createQueryBuilder()
      .update()
      .set({ batch, seenAt })
      .where("id = :id AND batch < :batch", { id, batch })
      .execute(),
  );
  if (affected === 1) return true;
  if (await session.read((manager) => manager.getRepository("usage_writers").existsBy({ id }))) return false;
  await session.write((manager) => insertRow(manager, "usage_writers", { id, batch, seenAt }));
  return true;
};

const requestsSince = async (manager: EntityManager, scopeIds: readonly string[], { outcome, from }: UsageSince) => {
  const rows: { scopeId: string; requests: number | string }[] = await manager
    .getRepository<UsageCount>("usage_hours")
    .createQueryBuilder("u")
    .select("u.scopeId", "scopeId")
    .addSelect("SUM(u.requests)", "requests")
    .where({ scopeId: In([...scopeIds]), outcome })
    .andWhere("u.hour >= :from", { from: from.getTime() })
    .groupBy("u.scopeId")
    .getRawMany();
  return new Map(rows.map(({ scopeId, requests }) => [scopeId, Number(requests)]));
};

const months = (manager: EntityManager) => manager.getRepository<UsageMonthRow>("usage_months");

const costsOf = async (manager: EntityManager, workspaceIds: readonly string[], month: Date) => {
  const rows = await months(manager).findBy({ workspaceId: In([...workspaceIds]), month });
  return new Map(rows.map(({ workspaceId, cost }) => [workspaceId, cost]));
};

interface QuotaRow extends Omit<QuotaState, "quota"> {
  readonly perMonth: number | null;
  readonly mode: Quota["mode"] | null;
}

const quotaStates = async (
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
      WHERE w.id IN (${ids.map(() => "?").join(", ")})`,
      [month.getTime(), ...ids],
    );
    for (const { perMonth, mode, ...rest } of rows) {
      states.push({ ...rest, quota: perMonth === null || mode === null ? null : { perMonth, mode } });
    }
  }
  return states;
};

/** The month's row is there: something of it was consumed. */
const tell = async (manager: EntityManager, { workspaceId, month, percent }: QuotaTold): Promise<boolean> => {
  const { affected } = await months(manager)
    .createQueryBuilder()
    .update()
    .set({ toldPercent: percent })
    .where("workspace_id = :workspaceId AND month = :monthMs", { workspaceId, monthMs: month.getTime() })
    .andWhere("COALESCE(told_percent, 0) < :percent", { percent })
    .execute();
  return affected === 1;
};

export const createUsageStore = (session: Session): UsageStore =>
  Object.freeze({
    claim: (writer: UsageWriterRow) => claim(session, writer),
    addHours: (counts: readonly UsageCount[]) => session.write((manager) => addHours(manager, counts)),
    addMonths: (months: readonly UsageMonth[]) => session.write((manager) => addMonths(manager, months)),
    touchKeys: (uses: readonly LastUse[]) => session.write((manager) => touch(manager, "api_keys", uses)),
    touchVersions: (uses: readonly LastUse[]) => session.write((manager) => touch(manager, "secret_versions", uses)),
    requestsSince: async (scopeIds: readonly string[], since: UsageSince) =>
      scopeIds.length === 0 ? new Map() : session.read((manager) => requestsSince(manager, scopeIds, since)),
    costsOf: async (workspaceIds: readonly string[], month: Date) =>
      workspaceIds.length === 0 ? new Map() : session.read((manager) => costsOf(manager, workspaceIds, month)),
    quotaStates: (workspaceIds: readonly string[], month: Date) =>
      session.read((manager) => quotaStates(manager, workspaceIds, month)),
    tell: (told: QuotaTold) => session.write((manager) => tell(manager, told)),
    untell: (workspaceId: string, month: Date) =>
      session.write(
        async (manager) => void (await months(manager).update({ workspaceId, month }, { toldPercent: null })),
      ),
    forgetWriter: (id: string) =>
      session.write(async (manager) => void (await manager.getRepository("usage_writers").delete({ id }))),
  });
