import type { VerificationLookup, VerificationRecord } from "@itsy/core";
import type { Pool, PoolConnection, RowDataPacket } from "mysql2/promise";

import { boundDigest, toVerificationRecord, type VerificationRow, verificationQuery } from "../verification-row.ts";
import { acquireWithin } from "./acquire.ts";
import { type BreakableConnection, breakConnection } from "./pool.ts";

type Row = VerificationRow & RowDataPacket;

/** The hot lookup as a prepared statement: each connection of the pool prepares it once. */
export const createServerLookup = (pool: Pool, timeoutMs: number): VerificationLookup => {
  const acquire = (): Promise<PoolConnection> =>
    acquireWithin({ timeoutMs, acquire: () => pool.getConnection(), giveBack: (late) => late.release() });
  return Object.freeze({
    find: async (digests: readonly Uint8Array[]): Promise<VerificationRecord | null> => {
      if (digests.length === 0) return null;
      const connection = await acquire();
      try {
        const [rows] = await connection.execute<Row[]>({
          sql: verificationQuery(digests.length),
          values: digests.map(boundDigest),
          timeout: timeoutMs,
        });
        connection.release();
        return rows[0] === undefined ? null : toVerificationRecord(rows[0]);
      } catch (error) {
        // After a timeout the answer may still come: nobody else must be given this connection.
        breakConnection(connection.connection as unknown as BreakableConnection, error);
        throw error;
      }
    },
  });
};
