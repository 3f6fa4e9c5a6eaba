import type { ApiKey, Binding, Cluster, ManagementToken, Project, SecretVersion, Workspace } from "@itsy/core";
import { createSeededBytes } from "@itsy/testing";

/** Makes rows whose ids grow, whose unique values never meet, and which are what a test asks for otherwise. */
export interface Rows {
  workspace(overrides?: Partial<Workspace>): Workspace;
  project(overrides: Pick<Project, "workspaceId"> & Partial<Project>): Project;
  cluster(overrides?: Partial<Cluster>): Cluster;
  key(overrides: Pick<ApiKey, "workspaceId" | "projectId"> & Partial<ApiKey>): ApiKey;
  version(overrides: Pick<SecretVersion, "keyId"> & Partial<SecretVersion>): SecretVersion;
  token(overrides?: Partial<ManagementToken>): ManagementToken;
  binding(overrides: Pick<Binding, "clusterId"> & Partial<Binding>): Binding;
}

const noRules = {
  defaultRequestsPerMinute: null,
  requestsPerMinuteMax: null,
  defaultKeyLifetimeDays: null,
  keyLifetimeDaysMax: null,
  keysMax: null,
  leakPolicy: null,
  quotaPerMonth: null,
  quotaMode: null,
};

export const createRows = (seed = 1): Rows => {
  const bytes = createSeededBytes(seed);
  let count = 0;
  const next = () => String((count += 1)).padStart(26, "0");
  const createdAt = new Date("2027-01-01T00:00:00.123Z");
  return Object.freeze({
    workspace: (overrides: Partial<Workspace> = {}) => {
      const id = next();
      return { id: `ws_${id}`, slug: `ws-${id}`, name: "Acme", ...noRules, createdAt, version: 1, ...overrides };
    },
    project: (overrides: Pick<Project, "workspaceId"> & Partial<Project>) => {
      const id = next();
      return { id: `prj_${id}`, slug: `prj-${id}`, name: "Default", createdAt, ...overrides };
    },
    cluster: (overrides: Partial<Cluster> = {}) => {
      const id = next();
      return { id: `cl_${id}`, slug: `cl-${id}`, createdAt, ...overrides };
    },
    key: (overrides: Pick<ApiKey, "workspaceId" | "projectId"> & Partial<ApiKey>): ApiKey => ({
      id: `key_${next()}`,
      name: "checkout",
      environment: "production",
      requestsPerMinute: 60,
      expiresAt: null,
      pausedAt: null,
      pausedBy: null,
      revokedAt: null,
      lastUsedAt: null,
      revision: 0,
      latestRevision: 0,
      displayPrefix: null,
      owner: null,
      metadata: {},
      permissions: [],
      ipRules: [],
      createdAt,
      updatedAt: createdAt,
      version: 1,
      ...overrides,
    }),
    version: (overrides: Pick<SecretVersion, "keyId"> & Partial<SecretVersion>) => ({
      id: `ver_${next()}`,
      revision: 1,
      digest: bytes(32),
      pepperVersion: 1,
      displayPrefix: "itsy_production_sk_abcd",
      createdAt,
      confirmedAt: null,
      validUntil: null,
      lastUsedAt: null,
      leakedAt: null,
      ...overrides,
    }),
    token: (overrides: Partial<ManagementToken> = {}): ManagementToken => ({
      id: `tok_${next()}`,
      name: "ci",
      role: "operator",
      workspaceId: null,
      clusterId: null,
      digest: bytes(32),
      pepperVersion: 1,
      displayPrefix: "itsy_mt_abcd",
      expiresAt: null,
      revokedAt: null,
      leakedAt: null,
      createdAt,
      ...overrides,
    }),
    binding: (overrides: Pick<Binding, "clusterId"> & Partial<Binding>) => ({
      ownerUid: `00000000-0000-4000-8000-${next().slice(-12)}`,
      namespace: "shop",
      name: "checkout",
      keyId: null,
      releasedAt: null,
      ...overrides,
    }),
  });
};
