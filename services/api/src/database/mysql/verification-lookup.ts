import type { VerificationLookup } from "@itsy/core";

import { boundDigest, toVerificationRecord, type VerificationRow, verificationQuery } from "../verification-row.ts";
import type { Execute } from "./execute.ts";

/** The hot lookup. */
export const createServerLookup = ({ read }: Pick<Execute, "read">): VerificationLookup =>
  Object.freeze({
    find: async (digests: readonly Uint8Array[]) => {
      if (digests.length === 0) return null;
      const [row] = await read<VerificationRow>(verificationQuery(digests.length), digests.map(boundDigest));
      return row === undefined ? null : toVerificationRecord(row);
    },
  });
