import type { ApiKey, KeyFilter, KeyListing, KeyPlace, ListedKeys } from "@itsy/core";
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
const findPlaces = async (manager: EntityManager, { sql, parameters }: IdQuery, direction: "ASC" | "DESC") => {
  const query = manager.createQueryBuilder().select("found.id", "id").addSelect("found.place", "value");
  query.from(`(${sql})`, "found").setParameters(parameters);
  query.orderBy("found.place", direction).addOrderBy("found.id", direction);
  return query.getRawMany<{ id: string; value: string | number | null }>();
};

/** An instant is text or a number, as the driver likes. */
const placeOf = ({ id, value }: { id: string; value: string | number | null }, sort: KeyListing["sort"]): KeyPlace => {
  if (sort === "created") return { value: null, id };
  return { value: value === null || sort === "name" ? value : Number(value), id };
};

/** Of no workspace but this one, whatever was found. */
const rowsOf = (manager: EntityManager, ids: readonly string[], workspaceId: string) =>
  manager
    .getRepository<ApiKey>("api_keys")
    .createQueryBuilder("k")
    .where("k.id IN (:...ids) AND k.workspaceId = :workspaceId", { ids, workspaceId });

/** Range after range, until there are enough. */
const placesOf = async (manager: EntityManager, filter: KeyFilter, listing: KeyListing): Promise<KeyPlace[]> => {
  const { sort, order, after, limit } = listing;
  const direction = order === "asc" ? "ASC" : "DESC";
  const stretches = stretchesOf(filter, sort);
  const ranges = after === undefined ? [[]] : rangesAfter(listing, after).map((range) => [range]);
  const places: KeyPlace[] = [];
  for (const range of ranges) {
    if (places.length >= limit) break;
    const also = [...searchOf(manager, filter, listing), ...range];
    const reading = { column: sortColumns[sort], direction, limit: limit - places.length, also } as const;
    const found = await findPlaces(manager, idsOf(manager, stretches, reading), direction);
    places.push(...found.map((place) => placeOf(place, sort)));
  }
  return places;
};

/** Of these, in their order, what is still there and has the status that is asked for. */
const keysAt = async (
  manager: EntityManager,
  places: readonly KeyPlace[],
  { workspaceId, status, at }: KeyFilter,
): Promise<readonly ApiKey[]> => {
  // One that moved from range to range was found in both.
  const ids = [...new Set(places.map(({ id }) => id))];
  if (ids.length === 0) return [];
  const query = rowsOf(manager, ids, workspaceId);
  if (status !== undefined) query.andWhere(`(${statusSql[status]})`, { at: at.getTime() });
  const rows = new Map((await query.getMany()).map((key) => [key.id, key]));
  return ids.flatMap((id) => rows.get(id) ?? []);
};

/** One page, read on until it is full. The next one begins where the last key was found, wherever it may be by now. */
export const listKeys = async (manager: EntityManager, filter: KeyFilter, listing: KeyListing): Promise<ListedKeys> => {
  const keys: ApiKey[] = [];
  let { after } = listing;
  for (;;) {
    const missing = listing.limit - keys.length;
    // One more than is missing tells whether another page follows.
    const places = await placesOf(manager, filter, { ...listing, after, limit: missing + 1 });
    const page = places.slice(0, missing);
    keys.push(...(await keysAt(manager, page, filter)));
    if (places.length <= missing) return { keys, next: null };
    after = page.at(-1);
    if (keys.length === listing.limit) return { keys, next: after ?? null };
  }
};

/** A search is counted so far: one is enough to tell that there are too many to read. */
const SEARCH_COUNT_MAX = 1000;

export type Counts = Record<keyof typeof statusSql, number> & { readonly isCapped: boolean };

const countSearch = async (manager: EntityManager, filter: Omit<KeyFilter, "status">): Promise<Counts> => {
  const stretches: readonly Stretch[] = stretchesOf(filter, "name");
  const limit = SEARCH_COUNT_MAX + 1;
  const reading = { column: "name", direction: "ASC", limit, also: searchOf(manager, filter, {}) } as const;
  const ids = (await findPlaces(manager, idsOf(manager, stretches, reading), "ASC")).map(({ id }) => id);
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
