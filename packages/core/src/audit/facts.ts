import type { ApiKey, Facts, ManagementToken, Project, Workspace } from "../entities.ts";
import { leakPolicyOf } from "../leak-policy.ts";

/** What the audit tells of a key: everything that people and manifests set, and nothing that would make it a secret. */
export const keyFacts = (key: ApiKey): Facts => ({
  name: key.name,
  projectId: key.projectId,
  environment: key.environment,
  requestsPerMinute: key.requestsPerMinute,
  expiresAt: key.expiresAt,
  pausedAt: key.pausedAt,
  pausedBy: key.pausedBy,
  revokedAt: key.revokedAt,
  revision: key.revision,
  latestRevision: key.latestRevision,
  displayPrefix: key.displayPrefix,
  owner: key.owner,
  metadata: key.metadata,
  permissions: key.permissions,
  ipRules: key.ipRules,
});

export const tokenFacts = (token: ManagementToken): Facts => ({
  name: token.name,
  role: token.role,
  workspaceId: token.workspaceId,
  clusterId: token.clusterId,
  displayPrefix: token.displayPrefix,
  expiresAt: token.expiresAt,
  revokedAt: token.revokedAt,
  leakedAt: token.leakedAt,
});

export const workspaceFacts = (workspace: Workspace): Facts => ({
  slug: workspace.slug,
  name: workspace.name,
  defaultRequestsPerMinute: workspace.defaultRequestsPerMinute,
  requestsPerMinuteMax: workspace.requestsPerMinuteMax,
  defaultKeyLifetimeDays: workspace.defaultKeyLifetimeDays,
  keyLifetimeDaysMax: workspace.keyLifetimeDaysMax,
  keysMax: workspace.keysMax,
  quotaPerMonth: workspace.quotaPerMonth,
  quotaMode: workspace.quotaMode,
  leakPolicy: leakPolicyOf(workspace),
});

export const projectFacts = ({ slug, name }: Project): Facts => ({ slug, name });
