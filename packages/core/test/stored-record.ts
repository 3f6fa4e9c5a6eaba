import type { VerificationRecord } from "../src/index.ts";

/** What is stored of a key that is good, except for what is given. */
export const aStoredRecord = (overrides: Partial<VerificationRecord> = {}): VerificationRecord => ({
  keyId: "key_1",
  versionId: "ver_1",
  projectId: "prj_1",
  workspaceId: "ws_1",
  workspace: "acme",
  project: "default",
  environment: "production",
  name: "Website",
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
