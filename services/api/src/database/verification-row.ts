import type { VerificationRecord } from "@itsy/core";

import { createIpRules } from "../adapters/ip-rules.ts";
import { placeholders } from "./id-list.ts";
import { createSharedStrings } from "./shared-strings.ts";

/** The answer of `verificationQuery` as both drivers give it: numbers and text. */
export interface VerificationRow {
  readonly keyId: string;
  readonly versionId: string;
  readonly projectId: string;
  readonly workspaceId: string;
  readonly workspace: string;
  readonly project: string;
  readonly environment: string;
  readonly name: string;
  readonly owner: string | null;
  /** JSON, or nothing. */
  readonly metadata: string | null;
  /** JSON, or nothing. */
  readonly permissions: string | null;
  /** JSON, or nothing. */
  readonly ipRules: string | null;
  readonly requestsPerMinute: number;
  readonly expiresAt: number | null;
  readonly pausedAt: number | null;
  readonly revokedAt: number | null;
  readonly validUntil: number | null;
  /** 0 or 1. */
  readonly retiring: number;
  readonly pepperVersion: number;
}

const build = (digests: number): string =>
  `SELECT k.id AS keyId, v.id AS versionId, k.project_id AS projectId, k.workspace_id AS workspaceId, w.slug AS workspace, p.slug AS project,
  k.environment AS environment, k.name AS name, k.owner AS owner, k.metadata AS metadata,
  k.permissions AS permissions, k.ip_rules AS ipRules, k.requests_per_minute AS requestsPerMinute,
  k.expires_at AS expiresAt, k.paused_at AS pausedAt, k.revoked_at AS revokedAt, v.valid_until AS validUntil,
  v.confirmed_at IS NOT NULL AND v.valid_until IS NOT NULL AS retiring, v.pepper_version AS pepperVersion
FROM secret_versions v
JOIN api_keys k ON k.id = v.key_id
JOIN projects p ON p.id = k.project_id
JOIN workspaces w ON w.id = k.workspace_id
WHERE v.digest IN (${placeholders(digests)})
LIMIT 1`;

const queries: string[] = [];

/** One statement for so many digests. The same string each time: drivers look for their prepared statement by it. */
export const verificationQuery = (digests: number): string => (queries[digests] ??= build(digests));

// Shared: most keys have none, and many records are remembered.
const NO_PERMISSIONS: ReadonlySet<string> = new Set();
const NO_METADATA: VerificationRecord["metadata"] = Object.freeze({});

const shared = createSharedStrings();

const instant = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

export const toVerificationRecord = (row: VerificationRow): VerificationRecord => ({
  keyId: row.keyId,
  versionId: row.versionId,
  projectId: shared(row.projectId),
  workspaceId: shared(row.workspaceId),
  workspace: shared(row.workspace),
  project: shared(row.project),
  environment: shared(row.environment) as VerificationRecord["environment"],
  name: row.name,
  owner: row.owner,
  metadata: row.metadata === null ? NO_METADATA : (JSON.parse(row.metadata) as VerificationRecord["metadata"]),
  permissions: row.permissions === null ? NO_PERMISSIONS : new Set(JSON.parse(row.permissions) as string[]),
  ipRules: row.ipRules === null ? null : createIpRules(JSON.parse(row.ipRules) as string[]),
  requestsPerMinute: row.requestsPerMinute,
  expiresAt: instant(row.expiresAt),
  pausedAt: instant(row.pausedAt),
  revokedAt: instant(row.revokedAt),
  validUntil: instant(row.validUntil),
  retiring: row.retiring === 1,
  pepperVersion: row.pepperVersion,
});

/** The digest as the drivers bind it: the same bytes. */
export const boundDigest = (digest: Uint8Array): Buffer =>
  Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength);
