import type { RateRead, RateWrite } from "@itsy/core";
import DataLoader from "dataloader";
import { hasCertainlyFailed } from "../database-error.ts";
import type { RateRows } from "../engine.ts";
import { filledUp, placeholders } from "../id-list.ts";
import {
  checkedCounts,
  purgeUnwritten,
  type RateReadRow,
  rateReadQuery,
  toRateRead,
  UPDATE_RATE,
} from "../rate-rows.ts";
import type { Statement } from "../statement.ts";
import type { Execute } from "./execute.ts";

/** When the statement began, in whatever time zone the session is. */
const NOW_MS = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000";

const READ = rateReadQuery(NOW_MS);
const INSERT = "INSERT IGNORE INTO key_rate (key_id, version, counts) VALUES (?, ?, ?)";

/** So that a transaction stays short, and what fails with it is little. */
const TOGETHER_MAX = 32;

/** A row of `key_rate`, or one of `api_keys`, or, without an id, the clock. */
type PartRow = RateReadRow & { readonly id: string };

const buildReadSeveral = (count: number): string => {
  const ids = placeholders(count);
  return `SELECT key_id AS id, version, counts, NULL AS keyLimit, NULL AS nowMs FROM key_rate WHERE key_id IN (${ids})
UNION ALL SELECT id, NULL, NULL, requests_per_minute, NULL FROM api_keys WHERE id IN (${ids})
UNION ALL SELECT '', NULL, NULL, NULL, ${NOW_MS}`;
};

const queries: string[] = [];

/** As `READ`, for several keys: what it finds of them, one thing in each row. The same string each time. */
const readSeveralQuery = (count: number): string => (queries[count] ??= buildReadSeveral(count));

/** The next power of two: few statements for all numbers of ids, each prepared once. */
const sizeFor = (count: number): number => 2 ** Math.ceil(Math.log2(count));

const joined = (keyIds: readonly string[], rows: readonly PartRow[]): readonly RateRead[] => {
  const counted = new Map(rows.flatMap((row) => (row.version === null ? [] : [[row.id, row] as const])));
  const limits = new Map(rows.flatMap(({ id, keyLimit }) => (keyLimit === null ? [] : [[id, keyLimit] as const])));
  const clock = rows.filter(({ id }) => id === "");
  return keyIds.map((id) => {
    const { version = null, counts = null } = counted.get(id) ?? {};
    return toRateRead(clock.map(({ nowMs }) => ({ version, counts, keyLimit: limits.get(id) ?? null, nowMs })));
  });
};

interface RateUpdate extends RateWrite {
  readonly expectedVersion: number;
}

const isUpdate = (change: RateWrite): change is RateUpdate => change.expectedVersion !== null;

const updateOf = ({ keyId, expectedVersion, row: { version, counts } }: RateUpdate): Statement => ({
  sql: UPDATE_RATE,
  values: [version, counts, keyId, expectedVersion],
});

const byKey = (a: RateUpdate, b: RateUpdate): number => (a.keyId < b.keyId ? -1 : 1);

/** As a loader is to be told of them: one by one. */
const settled = async <Answer>(answers: readonly Promise<Answer>[]): Promise<readonly (Answer | Error)[]> =>
  (await Promise.allSettled(answers)).map((answer) =>
    answer.status === "fulfilled" ? answer.value : (answer.reason as Error),
  );

/**
 * What is read in one turn goes in one statement, and the rows that are updated in one turn in one transaction. Nothing
 * is sent twice unless it certainly had no effect.
 */
export const createServerRateRows = ({ read, write, writeTogether }: Execute): RateRows => {
  const readTogether = async (keyIds: readonly string[]): Promise<readonly RateRead[]> => {
    const [first = ""] = keyIds;
    if (keyIds.length === 1) return [toRateRead(await read<RateReadRow>(READ, [first, first]))];
    const ids = filledUp(keyIds, sizeFor(keyIds.length));
    return joined(keyIds, await read<PartRow>(readSeveralQuery(ids.length), [...ids, ...ids]));
  };

  const insert = async ({ keyId, row: { version, counts } }: RateWrite): Promise<boolean> =>
    (await write(INSERT, [keyId, version, counts])) === 1;

  const updateAlone = async (change: RateUpdate): Promise<boolean> => {
    const { sql, values } = updateOf(change);
    return (await write(sql, values)) === 1;
  };

  const updateTogether = async (changes: readonly RateUpdate[]): Promise<readonly (boolean | Error)[]> => {
    if (changes.length === 1) return settled(changes.map(updateAlone));
    // In the same order on all replicas, so that no two of them wait for each other.
    const ordered = changes.toSorted(byKey);
    try {
      const found = await writeTogether(ordered.map(updateOf));
      return changes.map((change) => found[ordered.indexOf(change)] === 1);
    } catch (error) {
      if (!hasCertainlyFailed(error)) throw error;
      // Nobody hears of another key's failure.
      return settled(changes.map(updateAlone));
    }
  };

  const together = { cache: false, maxBatchSize: TOGETHER_MAX } as const;
  const reads = new DataLoader<string, RateRead>(readTogether, together);
  const updates = new DataLoader<RateUpdate, boolean>(updateTogether, together);

  return Object.freeze<RateRows>({
    read: (keyId) => reads.load(keyId),
    write: async (change) => {
      checkedCounts(change.row.counts);
      // There is one for each key only: it shares nothing.
      return isUpdate(change) ? updates.load(change) : insert(change);
    },
    purge: () => purgeUnwritten(NOW_MS, { find: read, remove: write }),
  });
};
