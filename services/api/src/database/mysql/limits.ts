/** Bounds of the connections to a server. With them no call waits for longer than a few of these times. */
export interface ServerLimits {
  /** Connections of one process for management. */
  readonly connectionsMax: number;
  /** Connections of one process for the hot lookup: its own, so that no transaction stands in its way. */
  readonly lookupConnectionsMax: number;
  /**
   * Lookups that wait for a connection; one more is refused at once, as `UNREACHABLE`. Secrets that pass the checksum
   * cost nothing to make, so there may always be more of them than the database answers.
   */
  readonly lookupQueueMax: number;
  /** Connections of one process for rate limits. */
  readonly rateConnectionsMax: number;
  /** Callers of one other pool that wait for a connection; one more is refused as `UNREACHABLE`. */
  readonly queueMax: number;
  readonly connectTimeoutMs: number;
  /** How long a caller waits for a connection. */
  readonly acquireTimeoutMs: number;
  /** Longer than `lockWaitS`, so that a lock wait ends as what it is. */
  readonly queryTimeoutMs: number;
  /** For the hot lookup and for rate limits, once for the connection and once for the answer. */
  readonly lookupTimeoutMs: number;
  /** Connections of one process for the change feed and the leases. */
  readonly feedConnectionsMax: number;
  /** For the change feed, once for the connection and once for the answer: both together well below the lease. */
  readonly feedTimeoutMs: number;
  /** `innodb_lock_wait_timeout`: whole seconds. */
  readonly lockWaitS: number;
  /** How long a replica waits for another one's migrations. */
  readonly migrationWaitMs: number;
}

export const serverLimits: ServerLimits = Object.freeze({
  connectionsMax: 10,
  lookupConnectionsMax: 4,
  lookupQueueMax: 256,
  rateConnectionsMax: 4,
  queueMax: 1_000,
  connectTimeoutMs: 3_000,
  acquireTimeoutMs: 5_000,
  queryTimeoutMs: 10_000,
  lookupTimeoutMs: 2_000,
  feedConnectionsMax: 3,
  feedTimeoutMs: 400,
  lockWaitS: 2,
  migrationWaitMs: 120_000,
});
