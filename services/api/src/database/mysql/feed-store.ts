import type { FeedStore, KeyChange, ReplicaRow } from "@itsy/core";
import { filledUp, placeholders } from "../id-list.ts";
import type { Execute } from "./execute.ts";

interface PolledRow {
  readonly beat: number;
  readonly id: string | null;
  readonly keyId: string | null;
}

const REGISTER = "INSERT INTO replicas (id, beat, lease_ms) VALUES (?, 0, ?)";
const POLL = `SELECT r.beat AS beat, c.id AS id, c.key_id AS keyId
FROM replicas r LEFT JOIN key_changes c ON TRUE WHERE r.id = ?`;
const RENEW = "UPDATE replicas SET beat = beat + 1 WHERE id = ? AND beat = ?";
const LIST = "SELECT id, beat, lease_ms AS leaseMs FROM replicas";
const REMOVE = "DELETE FROM replicas WHERE id = ? AND beat = ?";

/** Sizes of the lists of ids: a prepared statement for each, and no more than these. */
const DELETE_SIZES = [1, 8, 64] as const;
const DELETE_MAX = 64;
const deleteStatement = (count: number): string => `DELETE FROM key_changes WHERE id IN (${placeholders(count)})`;

/** Filled up with its last id to one of the sizes. */
const padded = (ids: readonly string[]): readonly string[] => {
  const size = DELETE_SIZES.find((size) => size >= ids.length) ?? DELETE_MAX;
  return filledUp(ids, size);
};

/** A replica with nothing to follow is one row without a change. */
const changesOf = (rows: readonly PolledRow[]): readonly KeyChange[] =>
  rows.flatMap(({ id, keyId }) => (id === null || keyId === null ? [] : [{ id, keyId }]));

/**
 * The change feed and the leases, on a pool of their own, so that nothing else stands in the way of a lease. Its
 * connections autocommit.
 */
export const createServerFeed = ({ read, write }: Execute): FeedStore =>
  Object.freeze<FeedStore>({
    registerReplica: async ({ id, leaseMs }) => void (await write(REGISTER, [id, leaseMs])),
    poll: async (replicaId) => {
      const rows = await read<PolledRow>(POLL, [replicaId]);
      const [first] = rows;
      if (first === undefined) return null;
      return { beat: first.beat, changes: changesOf(rows) };
    },
    renewReplica: async ({ id, beat }) => (await write(RENEW, [id, beat])) === 1,
    listReplicas: async () =>
      (await read<ReplicaRow>(LIST)).map(({ id, beat, leaseMs }): ReplicaRow => ({ id, beat, leaseMs })),
    removeReplica: async ({ id, beat }) => (await write(REMOVE, [id, beat])) === 1,
    deleteChanges: async (ids) => {
      for (let start = 0; start < ids.length; start += DELETE_MAX) {
        const part = padded(ids.slice(start, start + DELETE_MAX));
        await write(deleteStatement(part.length), part);
      }
    },
  });
