import type { AuditEntry, AuditFilter, AuditStore } from "@itsy/core";
import { type EntityManager, In, type ObjectLiteral, type SelectQueryBuilder } from "typeorm";
import { encodeTime } from "ulid";

import type { AuditRow } from "../schema/audit-entries.ts";
import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<AuditRow>("audit_entries");

const rowOf = (entry: AuditEntry): AuditRow => ({
  ...entry,
  ofInstallation: entry.workspaceId === null || entry.actorKind === "installation" ? 1 : 0,
});

const entryOf = (row: AuditRow): AuditEntry => {
  const { ofInstallation: _, ...entry } = row;
  return entry;
};

type Query<Row extends ObjectLiteral> = SelectQueryBuilder<Row>;

const within = (manager: EntityManager, filter: AuditFilter): Query<AuditRow> => {
  const query = table(manager).createQueryBuilder("entry");
  const { workspaceId, targetType, targetId, tokenId, action, from, to } = filter;
  if (workspaceId === null) query.where("entry.ofInstallation = 1");
  else query.where("entry.workspaceId = :workspaceId", { workspaceId });
  if (targetType !== undefined) query.andWhere("entry.targetType = :targetType", { targetType });
  if (targetId !== undefined) query.andWhere("entry.targetId = :targetId", { targetId });
  if (tokenId !== undefined) query.andWhere("entry.tokenId = :tokenId", { tokenId });
  if (action !== undefined) query.andWhere("entry.action = :action", { action });
  if (from !== undefined) query.andWhere("entry.at >= :from", { from: from.getTime() });
  if (to !== undefined) query.andWhere("entry.at < :to", { to: to.getTime() });
  return query;
};

const list = async (manager: EntityManager, filter: AuditFilter): Promise<readonly AuditEntry[]> => {
  const query = within(manager, filter);
  if (filter.before !== undefined) {
    // Looked for among what the caller may see only: another one's entry is no place in this list.
    const last = await within(manager, { workspaceId: filter.workspaceId, limit: 1 })
      .andWhere("entry.id = :id", { id: filter.before })
      .getOne();
    if (last === null) return [];
    // The first condition is the range of the index, the second cuts off what has the same instant.
    query
      .andWhere("entry.at <= :lastAt", { lastAt: last.at.getTime() })
      .andWhere("(entry.at < :lastAt OR entry.id < :lastId)", { lastId: last.id });
  }
  const rows = await query.orderBy("entry.at", "DESC").addOrderBy("entry.id", "DESC").limit(filter.limit).getMany();
  return rows.map(entryOf);
};

const ULID_TIME_LENGTH = 10;

/** Found by the primary key: an id begins with the time at which it was drawn, and needs no index of its own for it. */
const purge = async (manager: EntityManager, before: Date, limit: number): Promise<number> => {
  const firstId = `aud_${encodeTime(before.getTime(), ULID_TIME_LENGTH).toLowerCase()}`;
  const old = await table(manager)
    .createQueryBuilder("entry")
    .select("entry.id", "id")
    .where("entry.id < :firstId AND entry.at < :at", { firstId, at: before.getTime() })
    .orderBy("entry.id")
    .limit(limit)
    .getRawMany<{ id: string }>();
  if (old.length > 0) await table(manager).delete({ id: In(old.map(({ id }) => id)) });
  return old.length;
};

export const createAuditStore = (session: Session): AuditStore =>
  Object.freeze({
    append: async (entry: AuditEntry) => session.insertRowLast("audit_entries", rowOf(entry)),
    list: (filter: AuditFilter) => session.read((manager) => list(manager, filter)),
    purge: (before: Date, limit: number) => session.write((manager) => purge(manager, before, limit)),
  });
