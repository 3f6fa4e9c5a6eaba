import type { LastUse, QuotaTold, UsageCount, UsageMonth, UsageWriterRow } from "@itsy/core";
import type { EntityManager } from "typeorm";
import { placeholders } from "../id-list.ts";
import type { Session } from "../session.ts";
import { hours, months, partsOf } from "./usage-tables.ts";

/** What stands behind the rows of an insert, so that those which are there grow instead. */
const growing = (manager: EntityManager, key: string, columns: readonly string[]): string =>
  manager.dataSource.options.type === "better-sqlite3"
    ? `ON CONFLICT (${key}) DO UPDATE SET ${columns.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`
    : `ON DUPLICATE KEY UPDATE ${columns.map((name) => `${name} = ${name} + VALUES(${name})`).join(", ")}`;

const placesOf = (rows: number, columns: number): string =>
  Array.from({ length: rows }, () => `(${placeholders(columns)})`).join(", ");

export const addHours = async (manager: EntityManager, counts: readonly UsageCount[]): Promise<void> => {
  for (const part of partsOf(counts)) {
    await manager.query(
      `INSERT INTO usage_hours (scope_id, hour, outcome, requests, cost) VALUES ${placesOf(part.length, 5)}
      ${growing(manager, "scope_id, hour, outcome", ["requests", "cost"])}`,
      part.flatMap(({ scopeId, hour, outcome, requests, cost }) => [scopeId, hour.getTime(), outcome, requests, cost]),
    );
  }
};

export const addMonths = async (manager: EntityManager, months: readonly UsageMonth[]): Promise<void> => {
  for (const part of partsOf(months)) {
    await manager.query(
      `INSERT INTO usage_months (workspace_id, month, cost) VALUES ${placesOf(part.length, 3)}
      ${growing(manager, "workspace_id, month", ["cost"])}`,
      part.flatMap(({ workspaceId, month, cost }) => [workspaceId, month.getTime(), cost]),
    );
  }
};

export const touch = async (
  manager: EntityManager,
  table: "api_keys" | "secret_versions",
  uses: readonly LastUse[],
) => {
  const bySecond = Map.groupBy(uses, ({ at }) => at.getTime());
  for (const [atMs, used] of bySecond) {
    for (const part of partsOf(used)) {
      const ids = part.map(({ id }) => id);
      await manager.query(
        `UPDATE ${table} SET last_used_at = ?
        WHERE id IN (${placeholders(ids.length)}) AND (last_used_at IS NULL OR last_used_at < ?)`,
        [atMs, ...ids, atMs],
      );
    }
  }
};

export const claim = async (session: Session, { id, batch, seenAt }: UsageWriterRow): Promise<boolean> => {
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
  await session.insertRow("usage_writers", { id, batch, seenAt });
  return true;
};

/** The month's row is there: something of it was consumed. */
export const tell = async (manager: EntityManager, { workspaceId, month, percent }: QuotaTold): Promise<boolean> => {
  const { affected } = await months(manager)
    .createQueryBuilder()
    .update()
    .set({ toldPercent: percent })
    .where("workspace_id = :workspaceId AND month = :monthMs", { workspaceId, monthMs: month.getTime() })
    .andWhere("COALESCE(told_percent, 0) < :percent", { percent })
    .execute();
  return affected === 1;
};

/** Removes what the index on hours has first: in the oldest hour, all scopes up to the one that makes it so many rows. */
export const purge = async (manager: EntityManager, before: Date, limit: number): Promise<number> => {
  const oldest = await hours(manager)
    .createQueryBuilder("u")
    .select("u.hour", "hourMs")
    .addSelect("u.scopeId", "scopeId")
    .where("u.hour < :before", { before: before.getTime() })
    .orderBy("u.hour")
    .addOrderBy("u.scopeId")
    .limit(limit)
    .getRawMany<{ hourMs: number; scopeId: string }>();
  const [first] = oldest;
  if (first === undefined) return 0;
  const last = oldest.findLast(({ hourMs }) => hourMs === first.hourMs) ?? first;
  const { affected } = await hours(manager)
    .createQueryBuilder()
    .delete()
    .where("hour = :hourMs AND scope_id <= :scopeId", last)
    .execute();
  return affected ?? 0;
};
