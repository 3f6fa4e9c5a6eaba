import type { ProcedurePath, Procedures } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import type { z } from "zod";

/** What a sample may refer to: things of one workspace. */
export interface Things {
  readonly workspace: string;
  /** A project without keys. */
  readonly project: string;
  readonly cluster: string;
  readonly keyId: string;
  readonly tokenId: string;
  readonly ownerUid: string;
  /** SHA-256 of the owner's secret in hexadecimal. */
  readonly secretSha256: string;
  readonly secret: string;
}

type InputOf<Path extends ProcedurePath> = Path extends `${infer Router extends keyof Procedures}.${infer Name}`
  ? Name extends keyof Procedures[Router]
    ? Procedures[Router][Name] extends { readonly input: infer Input extends z.ZodType }
      ? z.input<Input>
      : never
    : never
  : never;

const access = { permissions: ["files:*", "billing:read"], ipRules: ["10.0.0.0/8", "2001:db8::/32"] };
const settings = { name: "sample", requestsPerMinute: 60, expiresAt: null, paused: false, ...access };
let count = 0;
const fresh = () => `sample-${(count += 1)}`;

/**
 * An input that each procedure accepts, with every field set. A procedure of the contract that is missing here does not
 * compile, so that no table which is made of these can forget one.
 */
export const samples: { readonly [Path in ProcedurePath]: (things: Things) => InputOf<Path> } = {
  "keys.create": () => ({
    project: "default",
    name: "sample",
    environment: "production",
    requestsPerMinute: 60,
    expiresAt: "2030-01-01T00:00:00Z",
    owner: "the sampler",
    metadata: { plan: "gold" },
    ...access,
    idempotencyKey: crypto.randomUUID(),
  }),
  "keys.get": ({ keyId }) => ({ keyId }),
  "keys.list": ({ keyId }) => ({
    project: "default",
    environment: "production",
    status: "active",
    managed: false,
    search: "sam",
    sort: "name",
    order: "asc",
    limit: 10,
    cursor: Buffer.from(JSON.stringify(["name", "asc", "a", keyId])).toString("base64url"),
  }),
  "keys.count": () => ({ project: "default", environment: "production", managed: false, search: "sam" }),
  "keys.usage": ({ keyId }) => ({
    keyId,
    project: "default",
    by: "hour",
    from: "2027-01-01T00:00:00Z",
    to: "2027-01-02T00:00:00Z",
  }),
  "keys.health": ({ keyId }) => ({
    keyId,
    finding: "IDLE",
    idleDays: 30,
    expiresWithinDays: 14,
    limit: 10,
    cursor: `key_${"z".repeat(26)}`,
  }),
  "keys.rotate": ({ keyId }) => ({ keyId, overlapMs: 1000, idempotencyKey: crypto.randomUUID() }),
  "keys.revoke": ({ keyId }) => ({ keyId }),
  "keys.update": ({ keyId }) => ({
    keyId,
    name: "changed",
    requestsPerMinute: 61,
    expiresAt: "2030-01-01T00:00:00Z",
    owner: "the sampler",
    metadata: { plan: "gold" },
    ...access,
    expectedVersion: 1,
  }),
  "keys.pause": ({ keyId }) => ({ keyId }),
  "keys.resume": ({ keyId }) => ({ keyId }),
  "keys.finishOverlap": ({ keyId }) => ({ keyId }),
  "keys.delete": ({ keyId, workspace }) => ({ keyId, confirmName: `of ${workspace}` }),
  "keys.revokeMany": ({ keyId }) => ({ keyIds: [keyId] }),
  "keys.pauseMany": ({ keyId }) => ({ keyIds: [keyId] }),
  "keys.deleteMany": ({ keyId, workspace }) => ({ keys: [{ keyId, confirmName: `of ${workspace}` }] }),
  "keys.verify": ({ secret }) => ({
    secret,
    environment: "production",
    project: "default",
    permissions: ["files:read"],
    ip: "10.0.0.1",
    cost: 2,
  }),
  "workspaces.create": () => ({ slug: fresh(), name: "Sample" }),
  "workspaces.list": ({ workspace }) => ({ limit: 2, cursor: workspace }),
  "workspaces.get": ({ workspace }) => ({ workspace }),
  "workspaces.update": ({ workspace }) => ({
    workspace,
    name: fresh(),
    defaultRequestsPerMinute: 60,
    requestsPerMinuteMax: 1_000_000,
    defaultKeyLifetimeDays: 3650,
    keyLifetimeDaysMax: null,
    keysMax: 1_000_000,
    leakPolicy: "pause",
  }),
  "workspaces.setQuota": ({ workspace }) => ({ workspace, quota: { perMonth: 1_000_000, mode: "notify" } }),
  "projects.create": () => ({ slug: fresh(), name: "Sample" }),
  "projects.list": () => ({}),
  "projects.update": ({ project }) => ({ project, name: fresh() }),
  "projects.delete": ({ project }) => ({ project }),
  "clusters.create": () => ({ slug: fresh() }),
  "clusters.list": () => ({}),
  "clusters.allow": ({ cluster, workspace }) => ({ cluster, workspace }),
  "clusters.disallow": ({ cluster, workspace }) => ({ cluster, workspace }),
  "tokens.create": ({ workspace }) => ({
    role: "viewer",
    workspace,
    name: "sample",
    expiresAt: "2030-01-01T00:00:00Z",
  }),
  "tokens.list": ({ tokenId }) => ({ limit: 2, cursor: tokenId }),
  "tokens.revoke": ({ tokenId }) => ({ tokenId }),
  "audit.list": ({ keyId, tokenId }) => ({
    targetType: "key",
    targetId: keyId,
    tokenId,
    action: "keys.revoke",
    from: "2020-01-01T00:00:00Z",
    to: "2030-01-01T00:00:00Z",
    limit: 10,
    cursor: `aud_${"z".repeat(26)}`,
  }),
  "peppers.report": () => ({}),
  "peppers.holders": () => ({ version: 1, limit: 10, cursor: `ver_${"0".repeat(26)}` }),
  "peppers.retire": () => ({ version: 1, confirmCount: 1 }),
  "delivery.observe": ({ ownerUid, secretSha256 }) => ({ ownerUid, candidates: [secretSha256] }),
  "delivery.register": ({ ownerUid, workspace }) => {
    const secret = generateSecret({ environment: "production" });
    return {
      owner: { uid: ownerUid, namespace: "shop", name: "sample" },
      workspace,
      project: "default",
      environment: "production",
      revision: 2,
      secretSha256: secretSha256Hex(secret),
      displayPrefix: displayPrefix(secret),
      settings,
      deliverWithinMs: 60_000,
      replaceRevoked: false,
    };
  },
  "delivery.confirm": ({ ownerUid, secretSha256 }) => ({ ownerUid, revision: 1, secretSha256, overlapMs: 0 }),
  "delivery.configure": ({ ownerUid }) => ({ owner: { uid: ownerUid, namespace: "shop", name: "sample" }, settings }),
  "delivery.release": ({ ownerUid }) => ({ ownerUid, policy: "retain" }),
  "delivery.retire": ({ ownerUid }) => ({ ownerUid, revision: 1, idleForMs: 60_000 }),
  "delivery.adopt": ({ ownerUid, workspace, secretSha256 }) => ({
    owner: { uid: `again-${ownerUid}`, namespace: "shop", name: workspace },
    workspace,
    project: "default",
    environment: "production",
    secretSha256,
  }),
};
