/** One row of `key_changes`: a change that is not known to have reached every replica. */
export interface KeyChange {
  /** Unique; the order means nothing. */
  readonly id: string;
  /** The id of what changed: a key (itself or a version of it), or a management token. */
  readonly keyId: string;
}

/** One row of `replicas`. */
export interface ReplicaRow {
  /** Drawn anew for every registration, never used twice. */
  readonly id: string;
  /** How many times the registration was renewed. */
  readonly beat: number;
  /**
   * For how long after each renewal the replica may answer from memory, by its own clock, with its grace. Waiters go by
   * this, not by their own.
   */
  readonly leaseMs: number;
}

/**
 * The two tables that replicas talk through. Every transaction that changes a key inserts a row of `key_changes` for it
 * (not through this port: it is part of that transaction).
 *
 * What the proof needs of an implementation:
 *
 * - Each call is one autocommitted statement on the one primary. It sees everything that was committed before it was
 *   sent, as one consistent snapshot, and nothing that is later lost (durable before visible).
 * - A call that fails may have taken effect, or may take effect later: a statement can outlive its caller's patience.
 * - Each call settles within a bounded time, well below a lease (statement and connection timeouts). A call that hangs
 *   hurts availability only.
 * - No clock of the database is used.
 */
export interface FeedStore {
  /** `INSERT INTO replicas (id, beat, lease_ms) VALUES (?, 0, ?)` */
  registerReplica(replica: { readonly id: string; readonly leaseMs: number }): Promise<void>;
  /**
   * The replica's own beat and every row of `key_changes`, from one snapshot; `null` when the replica was removed.
   * `SELECT r.beat, c.id, c.key_id FROM replicas r LEFT JOIN key_changes c ON TRUE WHERE r.id = ?`
   */
  poll(replicaId: string): Promise<{ readonly beat: number; readonly changes: readonly KeyChange[] } | null>;
  /**
   * Whether the row was there with that beat.
   * `UPDATE replicas SET beat = beat + 1 WHERE id = ? AND beat = ?`
   */
  renewReplica(replica: Pick<ReplicaRow, "id" | "beat">): Promise<boolean>;
  /** `SELECT id, beat, lease_ms FROM replicas` */
  listReplicas(): Promise<readonly ReplicaRow[]>;
  /**
   * Whether the row was there with that beat, and is gone now.
   * `DELETE FROM replicas WHERE id = ? AND beat = ?`
   */
  removeReplica(replica: Pick<ReplicaRow, "id" | "beat">): Promise<boolean>;
  /** `DELETE FROM key_changes WHERE id IN (…)`; rows that are gone already are no error. */
  deleteChanges(ids: readonly string[]): Promise<void>;
}

export interface Timers {
  /** Runs once after so many milliseconds, never within the call. Returns what cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** Milliseconds of a clock that never steps and goes on while the process is stopped. Its zero means nothing. */
export type MonotonicMs = () => number;
