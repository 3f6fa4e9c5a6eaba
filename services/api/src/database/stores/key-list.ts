import type { ApiKey, KeyFilter, KeyListing, KeyPlace } from "@itsy/core";
import type { EntityManager } from "typeorm";

import { readCounts } from "../key-index/counts.ts";
import { dialectIn, type IdQuery, idsOf } from "../key-index/stretch-sql.ts";
import { type Condition, type Stretch, sortColumns, statusSql, stretchesOf } from "../key-index/stretches.ts";

/**
 * As each database finds it in the index: LIKE where the collation ignores case (MySQL, MariaDB), a range where text is
 * compared byte by byte (SQLite), which ends at the highest code point there is. SQLite uses one bound on each side, so
 * the place where a page begins is made part of it.
 */
const beginsWith = (manager: EntityManager, text: string, { order, after }: Partial<KeyListing>): Condition => {
  if (dialectIn(manager).name !== "sqlite")
    return { sql: "name LIKE :pattern ESCAPE '!'", parameters: { pattern: `${text.replaceAll(/[!%_]/g, "!$&")}%` } };
  const bounds = { lowest: text, highest: `${text}\u{10FFFF}` };
  if (after === undefined) return { sql: "name >= :lowest AND name < :highest", parameters: bounds };
  const sql =
    order === "asc"
      ? "name >= max(:lowest, :from) AND name < :highest"
      : "name >= :lowest AND name <= min(:highest, :from)";
  return { sql, parameters: { ...bounds, from: after.value } };
};

/** Names are searched in the order of names only: what a listing begins after is a name. */
const searchOf = (
  manager: EntityManager,
  { namePrefix }: KeyFilter,
  listing: Partial<KeyListing>,
): readonly Condition[] => {
  if (namePrefix === undefined) return [];
  const { sort, ...rest } = listing;
  return [beginsWith(manager, namePrefix, sort === "name" ? rest : {})];
};

/**
 * What follows a place, as ranges of the sort's index, one behind the other: one condition with OR for all of them would
 * be a scan on some of the databases. NULL comes before every value in all three.
 */
const rangesAfter = ({ sort, order }: KeyListing, { value, id }: KeyPlace): readonly Condition[] => {
  const column = sortColumns[sort];
  const beyond = order === "asc" ? ">" : "<";
  const sameId = { sql: `id ${beyond} :placeId`, parameters: { placeId: id } };
  if (sort === "created") return [sameId];
  if (value === null) {
    const others = order === "asc" ? [{ sql: `${column} IS NOT NULL` }] : [];
    return [{ ...sameId, sql: `${column} IS NULL AND ${sameId.sql}` }, ...others];
  }
  const parameters = { placeValue: value };
  const never = order === "desc" && sort !== "name" ? [{ sql: `${column} IS NULL` }] : [];
  return [
    { sql: `${column} = :placeValue AND ${sameId.sql}`, parameters: { ...parameters, ...sameId.parameters } },
    { sql: `${column} ${beyond} :placeValue`, parameters },
    ...never,
  ];
};

/**
 * In a statement of its own: joined with the rows, SQLite would go through all keys of the workspace and look for each of
 * them in what was found.
 */
const findIds = async (manager: EntityManager, { sql, parameters }: IdQuery, direction: "ASC" | "DESC") => {
  const query = manager.createQueryBuilder().select("found.id", "id").from(`(${sql})`, "found");
  query.setParameters(parameters).orderBy("found.place", direction).addOrderBy("found.id", direction);
  const rows = await query.getRawMany<{ id: string }>();
  return rows.map(({ id }) => id);
};

/** Of no workspace but this one, whatever was found. */
const rowsOf = (manager: EntityManager, ids: readonly string[], workspaceId: string) =>
  manager
    .getRepository<ApiKey>("api_keys")
    .createQueryBuilder("k")
    .where("k.id IN (:...ids) AND k.workspaceId = :workspaceId", { ids, workspaceId });

/** One page: range after range, until it is full. */
export const listKeys = async (
  manager: EntityManager,
  filter: KeyFilter,
  listing: KeyListing,
): Promise<readonly ApiKey[]> => {
  const { sort, order, after, limit } = listing;
  const direction = order === "asc" ? "ASC" : "DESC";
  const stretches = stretchesOf(filter, sort);
  const ranges = after === undefined ? [[]] : rangesAfter(listing, after).map((range) => [range]);
  const found: ApiKey[] = [];
  for (const range of ranges) {
    if (found.length >= limit) break;
    const also = [...searchOf(manager, filter, listing), ...range];
    const reading = { column: sortColumns[sort], direction, limit: limit - found.length, also } as const;
    const ids = await findIds(manager, idsOf(manager, stretches, reading), direction);
    if (ids.length === 0) continue;
    const rows = new Map((await rowsOf(manager, ids, filter.workspaceId).getMany()).map((key) => [key.id, key]));
    // One was deleted in between: a page that is not full would look like the last one.
    if (rows.size < ids.length) return listKeys(manager, filter, listing);
    found.push(...ids.flatMap((id) => rows.get(id) ?? []));
  }
  return found;
};

/** A search is counted so far: one is enough to tell that there are too many to read. */
const SEARCH_COUNT_MAX = 1000;

export type Counts = Record<keyof typeof statusSql, number> & { readonly isCapped: boolean };

const countSearch = async (manager: EntityManager, filter: Omit<KeyFilter, "status">): Promise<Counts> => {
  const stretches: readonly Stretch[] = stretchesOf(filter, "name");
  const limit = SEARCH_COUNT_MAX + 1;
  const reading = { column: "name", direction: "ASC", limit, also: searchOf(manager, filter, {}) } as const;
  const ids = await findIds(manager, idsOf(manager, stretches, reading), "ASC");
  if (ids.length === 0) return { active: 0, paused: 0, expired: 0, revoked: 0, isCapped: false };
  const query = rowsOf(manager, ids, filter.workspaceId).select([]).setParameter("at", filter.at.getTime());
  for (const [status, sql] of Object.entries(statusSql))
    query.addSelect(`SUM(CASE WHEN ${sql} THEN 1 ELSE 0 END)`, status);
  const row = (await query.getRawOne<Record<string, unknown>>()) ?? {};
  const count = (status: keyof typeof statusSql) => Number(row[status] ?? 0);
  const counts = {
    active: count("active"),
    paused: count("paused"),
    expired: count("expired"),
    revoked: count("revoked"),
  };
  const isCapped = counts.active + counts.paused + counts.expired + counts.revoked > SEARCH_COUNT_MAX;
  return { ...counts, isCapped };
};

/** Exact, and at the same cost however many keys there are; a search is counted up to a bound. */
export const countKeys = async (manager: EntityManager, filter: Omit<KeyFilter, "status">): Promise<Counts> => {
  if (filter.namePrefix !== undefined || filter.displayPrefix !== undefined) return countSearch(manager, filter);
  const { live, paused, expired, revoked } = await readCounts(manager, filter);
  return { active: live, paused, expired, revoked, isCapped: false };
};
