/** The counts of one key as they lie in the database. */
export interface StoredRateRow {
  /** Grows with every write; never repeats for a key. A whole number below 2^53. */
  readonly version: number;
  /** What `encodeRateRow` made of a `RateRow`: printable ASCII, 8 KiB at most. */
  readonly counts: string;
}

/** What one read finds, all of it on the database that also takes the writes. */
export interface RateRead {
  /** `null`: nothing was ever counted of this key. */
  readonly row: StoredRateRow | null;
  /**
   * The database's own clock, Unix milliseconds, read while the statement ran. It may be rounded down to whole
   * milliseconds, and must not depend on a time zone (a fold of an hour would be a step back of an hour).
   */
  readonly databaseNowMs: number;
  /**
   * The key's limit as it is committed, where the store can tell it in the same statement. Where it is lower than what
   * the caller believes, it counts: a caller whose cache is behind cannot draw under a limit that was lowered.
   * `null`: the caller's limit counts.
   */
  readonly limit: number | null;
}

/** A write under the condition that nobody wrote since the read. */
export interface RateWrite {
  readonly keyId: string;
  /** The version that was read; `null`: there was no row, and there must be none still. */
  readonly expectedVersion: number | null;
  readonly row: StoredRateRow;
}

/**
 * Where the counts of all replicas meet: one row for each key.
 *
 * - The promise of the limiter rests on `write`: of several writes that expect the same version, one at most is
 *   applied, durably, before its answer is given. `UPDATE … WHERE key_id = ? AND version = ?` and an insert that a
 *   primary key can refuse are enough, without a transaction around them.
 * - A read may be stale (the write is then refused), but its `databaseNowMs` may not be older than the call.
 * - A row may be deleted once its key is, or when nobody wrote it for an hour.
 * - Both reject when the database cannot be asked, and bound the time they take. After a rejected `write` nobody
 *   knows whether it was applied, or still will be: the limiter takes it as applied, and never sends it again.
 */
export interface RateLimitStore {
  read(keyId: string): Promise<RateRead>;
  /** Whether the write was applied. `false` says for certain that it was not, and never will be. */
  write(change: RateWrite): Promise<boolean>;
}

/** Runs something once after a delay, unless what it returned was called before. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

/** The store could not be asked, or not in time, so nobody knows whether the limit allows the request. Counts nothing. */
export class RateLimitUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RateLimitUnavailable";
  }
}
