import type { ManagementToken, TokenLookup } from "@itsy/core";
import { placeholders } from "../id-list.ts";
import { boundDigest } from "../verification-row.ts";
import type { Execute } from "./execute.ts";

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly workspaceId: string | null;
  readonly clusterId: string | null;
  readonly digest: Uint8Array;
  readonly pepperVersion: number;
  readonly displayPrefix: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly leakedAt: number | null;
  readonly createdAt: number;
}

const queryOf = (digests: number): string =>
  `SELECT id, name, role, workspace_id AS workspaceId, cluster_id AS clusterId, digest,
  pepper_version AS pepperVersion, display_prefix AS displayPrefix,
  expires_at AS expiresAt, revoked_at AS revokedAt, leaked_at AS leakedAt, created_at AS createdAt
FROM management_tokens WHERE digest IN (${placeholders(digests)}) LIMIT 1`;

const instant = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

const toToken = (row: TokenRow): ManagementToken => ({
  id: row.id,
  name: row.name,
  role: row.role as ManagementToken["role"],
  workspaceId: row.workspaceId,
  clusterId: row.clusterId,
  digest: new Uint8Array(row.digest),
  pepperVersion: row.pepperVersion,
  displayPrefix: row.displayPrefix,
  expiresAt: instant(row.expiresAt),
  revokedAt: instant(row.revokedAt),
  leakedAt: instant(row.leakedAt),
  createdAt: new Date(row.createdAt),
});

/** Beside the hot lookup: with a lease that was lost, each request asks for its caller's token, too. */
export const createServerTokenLookup = ({ read }: Pick<Execute, "read">): TokenLookup =>
  Object.freeze({
    find: async (digests: readonly Uint8Array[]) => {
      if (digests.length === 0) return null;
      const [row] = await read<TokenRow>(queryOf(digests.length), digests.map(boundDigest));
      return row === undefined ? null : toToken(row);
    },
  });
