import type { VerificationLookup, VerificationRecord } from "@itsy/core";
import type Sqlite from "better-sqlite3";

import { boundDigest, toVerificationRecord, type VerificationRow, verificationQuery } from "../verification-row.ts";

/** The hot lookup on a connection of better-sqlite3: one prepared statement for each number of digests. */
export const createSqliteLookup = (connection: Sqlite.Database): VerificationLookup => {
  const statements = new Map<number, Sqlite.Statement<Buffer[], VerificationRow>>();
  const prepared = (digests: number) => {
    const known = statements.get(digests);
    if (known !== undefined) return known;
    const statement = connection.prepare<Buffer[], VerificationRow>(verificationQuery(digests));
    statements.set(digests, statement);
    return statement;
  };
  return Object.freeze({
    find: async (digests: readonly Uint8Array[]): Promise<VerificationRecord | null> => {
      if (digests.length === 0) return null;
      const row = prepared(digests.length).get(...digests.map(boundDigest));
      return row === undefined ? null : toVerificationRecord(row);
    },
  });
};
