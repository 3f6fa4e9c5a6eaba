import type { VerificationRecord } from "@itsy/core";

/** A record of a key that is good, except for what is given. */
export const aVerificationRecord = (overrides: Partial<VerificationRecord> = {}): VerificationRecord => ({
  keyId: "key_01kb0000000000000000000000",
  versionId: "ver_01kb0000000000000000000000",
  projectId: "prj_01kb0000000000000000000000",
  workspaceId: "ws_01kb0000000000000000000000",
  workspace: "acme",
  project: "default",
  environment: "production",
  name: "checkout",
  owner: null,
  metadata: {},
  permissions: new Set(),
  ipRules: null,
  requestsPerMinute: 60,
  expiresAt: null,
  pausedAt: null,
  revokedAt: null,
  validUntil: null,
  retiring: false,
  pepperVersion: 1,
  ...overrides,
});
