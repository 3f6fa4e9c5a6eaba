/** Bounds of the connections to a server; with them nothing waits longer than about `QUERY_TIMEOUT_MS` for one statement. */

/** Connections of one process for management. */
export const POOL_CONNECTIONS_MAX = 10;
/** Connections of one process for the hot lookup, of its own so that no transaction stands in its way. */
export const LOOKUP_CONNECTIONS_MAX = 4;
/** Callers that wait for a connection; more than that is an overload, and refused. */
export const POOL_QUEUE_MAX = 1_000;
/** Idle connections above one are closed after this long. */
export const POOL_IDLE_MS = 60_000;
export const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than `LOCK_WAIT_S`, so that a lock wait ends as what it is. */
export const QUERY_TIMEOUT_MS = 10_000;
export const LOOKUP_TIMEOUT_MS = 2_000;
export const LOCK_WAIT_S = 5;
/** How long a replica waits for another one's migrations. */
export const MIGRATION_WAIT_MS = 120_000;
