import { type RateLimitStore, RateLimitUnavailable, type RateRead } from "./ports.ts";
import { decodeRateRow, encodeRateRow, type RateRow, rowAt } from "./rate-row.ts";

/** A row as it was read, with what a conditional write of its successor needs. */
export interface FoundWindow {
  /** As of the database's clock at the read. */
  readonly row: RateRow;
  readonly version: number | null;
  readonly databaseNowMs: number;
  readonly limit: number | null;
  /** The database's clock went back: until the row is written as of now, nothing leaves the window. */
  readonly renumbered: boolean;
}

const asking = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await call();
  } catch (cause) {
    throw new RateLimitUnavailable("the counts of a rate limit could not be read or written", { cause });
  }
};

const understand = ({ row, databaseNowMs, limit }: RateRead): FoundWindow => {
  const nowMs = Math.floor(databaseNowMs);
  const stored = row === null ? null : decodeRateRow(row.counts);
  const asOfNow = rowAt(stored, nowMs);
  const renumbered = stored !== null && asOfNow.era !== stored.era;
  return { row: asOfNow, version: row?.version ?? null, databaseNowMs: nowMs, limit, renumbered };
};

/** @throws RateLimitUnavailable */
export const readWindow = (store: RateLimitStore, keyId: string): Promise<FoundWindow> =>
  asking(async () => understand(await store.read(keyId)));

/**
 * Whether the row was written in place of the one that was found. The version of a new row starts at the database's
 * clock, so that a write which expects a row that was deleted long ago never meets its number again.
 * @throws RateLimitUnavailable when nobody knows.
 */
export const writeWindow = (store: RateLimitStore, keyId: string, change: { found: FoundWindow; row: RateRow }) => {
  const { found, row } = change;
  const version = Math.max(found.databaseNowMs, (found.version ?? 0) + 1);
  return asking(() =>
    store.write({ keyId, expectedVersion: found.version, row: { version, counts: encodeRateRow(row) } }),
  );
};
