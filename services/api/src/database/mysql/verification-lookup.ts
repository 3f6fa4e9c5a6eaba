import type { VerificationLookup, VerificationRecord } from "@itsy/core";
import type { Pool, PoolConnection, RowDataPacket } from "mysql2/promise";

import { boundDigest, toVerificationRecord, type VerificationRow, verificationQuery } from "../verification-row.ts";
import { LOOKUP_TIMEOUT_MS } from "./limits.ts";

type Row = VerificationRow & RowDataPacket;

const execute = async (connection: PoolConnection, digests: readonly Uint8Array[]): Promise<Row | undefined> => {
  const [rows] = await connection.execute<Row[]>({
    sql: verificationQuery(digests.length),
    values: digests.map(boundDigest),
    timeout: LOOKUP_TIMEOUT_MS,
  });
  return rows[0];
};

/** The hot lookup as a prepared statement: each connection of the pool prepares it once. */
export const createServerLookup = (pool: Pool): VerificationLookup =>
  Object.freeze({
    find: async (digests: readonly Uint8Array[]): Promise<VerificationRecord | null> => {
      if (digests.length === 0) return null;
      const connection = await pool.getConnection();
      try {
        const row = await execute(connection, digests);
        connection.release();
        return row === undefined ? null : toVerificationRecord(row);
      } catch (error) {
        // After a timeout the answer may still come: nobody else must be given this connection.
        connection.destroy();
        throw error;
      }
    },
  });
