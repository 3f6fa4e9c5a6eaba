import type { ApiKey, KeyFilter, KeyListing, KeyPlace } from "@itsy/core";
import type { EntityManager, SelectQueryBuilder } from "typeorm";

type Query = SelectQueryBuilder<ApiKey>;
interface Condition {
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** The status that `keyStatus` derives, as conditions over the same facts at `:at`. */
const statusSql = {
  revoked: "k.revokedAt IS NOT NULL",
  expired: "k.revokedAt IS NULL AND k.expiresAt <= :at",
  paused: "k.revokedAt IS NULL AND (k.expiresAt IS NULL OR k.expiresAt > :at) AND k.pausedAt IS NOT NULL",
  active: "k.revokedAt IS NULL AND (k.expiresAt IS NULL OR k.expiresAt > :at) AND k.pausedAt IS NULL",
} as const;

const OWNED = "EXISTS (SELECT 1 FROM bindings b WHERE b.key_id = k.id AND b.released_at IS NULL)";

/**
 * As each database finds it in the index: LIKE where the collation ignores case (MySQL, MariaDB), a range where text is
 * compared byte by byte (SQLite), which ends at the highest code point there is.
 */
const beginsWith = (manager: EntityManager, text: string): Condition =>
  manager.dataSource.options.type === "better-sqlite3"
    ? { sql: "k.name >= :lowest AND k.name < :highest", parameters: { lowest: text, highest: `${text}\u{10FFFF}` } }
    : { sql: "k.name LIKE :pattern ESCAPE '!'", parameters: { pattern: `${text.replaceAll(/[!%_]/g, "!$&")}%` } };

const conditions = (manager: EntityManager, filter: KeyFilter): readonly Condition[] => {
  const { projectId, environment, status, managed, namePrefix, displayPrefix } = filter;
  return [
    ...(projectId === undefined ? [] : [{ sql: "k.projectId = :projectId", parameters: { projectId } }]),
    ...(environment === undefined ? [] : [{ sql: "k.environment = :environment", parameters: { environment } }]),
    ...(status === undefined ? [] : [{ sql: statusSql[status], parameters: { at: filter.at.getTime() } }]),
    ...(managed === undefined ? [] : [{ sql: managed ? OWNED : `NOT ${OWNED}` }]),
    ...(namePrefix === undefined ? [] : [beginsWith(manager, namePrefix)]),
    ...(displayPrefix === undefined
      ? []
      : [{ sql: "k.displayPrefix = :displayPrefix", parameters: { displayPrefix } }]),
  ];
};

const within = (manager: EntityManager, filter: KeyFilter): Query => {
  const { workspaceId } = filter;
  const query = manager.getRepository<ApiKey>("api_keys").createQueryBuilder("k");
  query.where("k.workspaceId = :workspaceId", { workspaceId });
  for (const { sql, parameters } of conditions(manager, filter)) query.andWhere(`(${sql})`, parameters);
  return query;
};

const columns = { created: "k.id", name: "k.name", lastUsed: "k.lastUsedAt", expires: "k.expiresAt" } as const;

/**
 * What follows a place, as ranges of the sort's index, one behind the other: one condition with OR for all of them would
 * be a scan on some of the databases. NULL comes before every value in all three.
 */
const rangesAfter = ({ sort, order }: KeyListing, { value, id }: KeyPlace): readonly Condition[] => {
  const column = columns[sort];
  const beyond = order === "asc" ? ">" : "<";
  const sameId = { sql: `k.id ${beyond} :placeId`, parameters: { placeId: id } };
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

/** One page: range after range, until it is full. */
export const listKeys = async (
  manager: EntityManager,
  filter: KeyFilter,
  listing: KeyListing,
): Promise<readonly ApiKey[]> => {
  const { sort, order, after, limit } = listing;
  const direction = order === "asc" ? "ASC" : "DESC";
  const ranges = after === undefined ? [undefined] : rangesAfter(listing, after);
  const found: ApiKey[] = [];
  for (const range of ranges) {
    if (found.length >= limit) break;
    const query = within(manager, filter);
    if (range !== undefined) query.andWhere(`(${range.sql})`, range.parameters);
    if (sort !== "created") query.orderBy(columns[sort], direction);
    query.addOrderBy("k.id", direction).limit(limit - found.length);
    found.push(...(await query.getMany()));
  }
  return found;
};

export type Counts = Record<keyof typeof statusSql, number>;

/** One pass, from an index with all the facts. */
export const countKeys = async (manager: EntityManager, filter: KeyFilter): Promise<Counts> => {
  const query = within(manager, filter).select([]).setParameter("at", filter.at.getTime());
  for (const [status, sql] of Object.entries(statusSql))
    query.addSelect(`SUM(CASE WHEN ${sql} THEN 1 ELSE 0 END)`, status);
  const row = (await query.getRawOne<Record<string, unknown>>()) ?? {};
  const count = (status: keyof Counts) => Number(row[status] ?? 0);
  return { active: count("active"), paused: count("paused"), expired: count("expired"), revoked: count("revoked") };
};
