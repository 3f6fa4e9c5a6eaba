import type { RateRead } from "@itsy/core";
import { filledUp, placeholders } from "./id-list.ts";
import { RATE_COUNTS_LENGTH } from "./schema/key-rate.ts";

export interface RateReadRow {
  readonly version: number | null;
  readonly counts: string | null;
  readonly keyLimit: number | null;
  readonly nowMs: number;
}

/**
 * A key's counts, its committed limit and the database's clock, from one statement; one row whatever there is.
 * @param nowMs the clock as an expression of the dialect
 */
export const rateReadQuery = (nowMs: string): string =>
  `SELECT r.version AS version, r.counts AS counts, k.requests_per_minute AS keyLimit, ${nowMs} AS nowMs
FROM (SELECT 1 AS one) AS one
LEFT JOIN key_rate r ON r.key_id = ?
LEFT JOIN api_keys k ON k.id = ?`;

export const toRateRead = ([read]: readonly RateReadRow[]): RateRead => {
  if (read === undefined) throw new Error("a query that always has a row had none");
  const { version, counts, keyLimit, nowMs } = read;
  const row = version === null || counts === null ? null : { version, counts };
  return { row, databaseNowMs: nowMs, limit: keyLimit };
};

export const UPDATE_RATE = "UPDATE key_rate SET version = ?, counts = ? WHERE key_id = ? AND version = ?";

/** Cut off, a row would count too little; MySQL's `INSERT IGNORE` would cut it off. */
export const checkedCounts = (counts: string): string => {
  if (counts.length > RATE_COUNTS_LENGTH) throw new RangeError("the counts of a rate limit do not fit their column");
  return counts;
};

const UNWRITTEN_FOR_MS = 3_600_000;
/** Rows of one statement, so that none holds locks for long. */
const PURGE_MAX = 500;

/** Versions follow the clock: see `writeWindow` of the limiter. */
const unwritten = (nowMs: string): string => `version < ${nowMs} - ${UNWRITTEN_FOR_MS}`;

/** The ids after the given one, in their order: read without a lock. */
const findUnwrittenQuery = (nowMs: string): string =>
  `SELECT key_id AS keyId FROM key_rate WHERE key_id > ? AND ${unwritten(nowMs)} ORDER BY key_id LIMIT ${PURGE_MAX}`;

const deleteUnwrittenQuery = (nowMs: string): string =>
  `DELETE FROM key_rate WHERE key_id IN (${placeholders(PURGE_MAX)}) AND ${unwritten(nowMs)}`;

export interface PurgeStatements {
  readonly find: (sql: string, values: readonly string[]) => Promise<readonly { readonly keyId: string }[]>;
  /** Tells how many rows were changed. */
  readonly remove: (sql: string, values: readonly string[]) => Promise<number>;
}

/** Deletes what nobody wrote for an hour, a few rows at a time. */
export const purgeUnwritten = async (nowMs: string, { find, remove }: PurgeStatements): Promise<number> => {
  let removed = 0;
  for (let after: string | undefined = ""; after !== undefined; ) {
    const ids: readonly string[] = (await find(findUnwrittenQuery(nowMs), [after])).map(({ keyId }) => keyId);
    const last = ids.at(-1);
    // One statement for all numbers of ids: the last one fills up.
    if (last !== undefined) removed += await remove(deleteUnwrittenQuery(nowMs), filledUp(ids, PURGE_MAX));
    after = ids.length < PURGE_MAX ? undefined : last;
  }
  return removed;
};
