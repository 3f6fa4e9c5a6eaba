import type { AuditTargetType, Environment, KeyMetadata, LeakPolicy, ProcedurePath, Role } from "@itsy/contract";

/** The tenant. Nothing crosses it. */
export interface Workspace {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** Of a key that is created without a limit. */
  readonly defaultRequestsPerMinute: number | null;
  readonly requestsPerMinuteMax: number | null;
  /** Of a key that is created without a word of its expiry. */
  readonly defaultKeyLifetimeDays: number | null;
  readonly keyLifetimeDaysMax: number | null;
  /** How many keys there may be that are not revoked. */
  readonly keysMax: number | null;
  /** What becomes of a key whose secret was found in public; `null`: what is the default then. */
  readonly leakPolicy: LeakPolicy | null;
  /** What all keys together may consume in a calendar month. */
  readonly quotaPerMonth: number | null;
  /** Set with `quotaPerMonth`. */
  readonly quotaMode: "notify" | "block" | null;
  readonly createdAt: Date;
  /** Grows by one with every change: the guard of conditional updates. */
  readonly version: number;
}

/** A group of keys inside a workspace. */
export interface Project {
  readonly id: string;
  readonly workspaceId: string;
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** A Kubernetes cluster whose reconciler delivers keys. */
export interface Cluster {
  readonly id: string;
  readonly slug: string;
  readonly createdAt: Date;
}

/** The stable thing that a person names. Its status is derived (`keyStatus`), never stored. */
export interface ApiKey {
  readonly id: string;
  readonly workspaceId: string;
  readonly projectId: string;
  readonly name: string;
  readonly environment: Environment;
  /** Requests accepted in any 60 seconds. */
  readonly requestsPerMinute: number;
  readonly expiresAt: Date | null;
  readonly pausedAt: Date | null;
  /** Who paused it: only they lift it. */
  readonly pausedBy: "person" | "manifest" | null;
  readonly revokedAt: Date | null;
  /** When a request with any of its secrets was last accepted, to the second; known about a second later. */
  readonly lastUsedAt: Date | null;
  /** The revision of the current secret version; 0 while none was ever current. */
  readonly revision: number;
  /** The highest revision ever registered, confirmed or not. */
  readonly latestRevision: number;
  /** The display prefix of the current secret version. */
  readonly displayPrefix: string | null;
  /** Free text for people. */
  readonly owner: string | null;
  /** By name, sorted. */
  readonly metadata: KeyMetadata;
  /** A sorted set, as the contract writes them; empty: nothing that needs one. */
  readonly permissions: readonly string[];
  /** A sorted set of networks; empty: from everywhere. */
  readonly ipRules: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Grows by one with every change: the guard of conditional updates. */
  readonly version: number;
}

/**
 * One generated secret of a key. Whether it works is a fact of time: it does while `validUntil` is null or ahead.
 *
 * | confirmedAt | validUntil | state |
 * |---|---|---|
 * | null | ahead | pending: registered, perhaps delivered, not confirmed |
 * | set | null | current |
 * | set | ahead | retiring |
 * | any | passed | ended |
 */
export interface SecretVersion {
  readonly id: string;
  readonly keyId: string;
  readonly revision: number;
  /** 32 bytes: HMAC-SHA256(pepper, SHA-256(secret)). */
  readonly digest: Uint8Array;
  readonly pepperVersion: number;
  readonly displayPrefix: string;
  readonly createdAt: Date;
  readonly confirmedAt: Date | null;
  readonly validUntil: Date | null;
  /** When a request with it was last accepted, to the second; known to the database about a second later. */
  readonly lastUsedAt: Date | null;
  /** When a scanner first found it in public. */
  readonly leakedAt: Date | null;
}

/** Ties one `ApiKey` object of a cluster (by its uid) to the key it owns. */
export interface Binding {
  readonly clusterId: string;
  readonly ownerUid: string;
  readonly namespace: string;
  readonly name: string;
  /** `null`: released before anything was registered. */
  readonly keyId: string | null;
  /** Once set, nothing is minted for this owner any more. */
  readonly releasedAt: Date | null;
}

/** What programs present to the management API. Only its digest is stored. */
export interface ManagementToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Set for the roles of a workspace. */
  readonly workspaceId: string | null;
  /** Set for the role `reconciler`. */
  readonly clusterId: string | null;
  readonly digest: Uint8Array;
  readonly pepperVersion: number;
  readonly displayPrefix: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** When a scanner first found it in public. */
  readonly leakedAt: Date | null;
  readonly createdAt: Date;
}

/** A pepper that some replica had, or that was retired. The pepper itself is in the settings only. */
export interface StoredPepper {
  readonly version: number;
  /** 32 bytes by which another pepper under the same number is found out; `null`: no replica ever told. */
  readonly fingerprint: Uint8Array | null;
  readonly firstSeenAt: Date | null;
  readonly retiredAt: Date | null;
}

/** Values as JSON has them; an instant is RFC 3339 text. */
export type Facts = Readonly<Record<string, unknown>>;

/** What was done: by a procedure, or by a scanner's report. */
export type AuditAction = ProcedurePath | "leaks.report";

/** One change of one thing. Rows of it are only ever added. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  /** Whose thing it is; `null`: the installation's. */
  readonly workspaceId: string | null;
  readonly actorKind: "installation" | "workspace" | "cluster" | "scanner";
  readonly tokenId: string;
  readonly role: Role | "scanner";
  /** With the kind `cluster`. */
  readonly clusterId: string | null;
  readonly action: AuditAction;
  readonly targetType: AuditTargetType;
  readonly targetId: string;
  /** The changed fields; `null`: it was made. */
  readonly before: Facts | null;
  /** The changed fields; `null`: it is gone. */
  readonly after: Facts | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** What a call under an idempotency key made. */
export interface IdempotencyRecord {
  readonly workspaceId: string;
  readonly procedure: "keys.create" | "keys.rotate";
  /** SHA-256 of the idempotency key. */
  readonly digest: Uint8Array;
  /** SHA-256 of the rest of the input. */
  readonly fingerprint: Uint8Array;
  readonly keyId: string;
  /** The revision of the secret that was answered last. */
  readonly revision: number;
  readonly createdAt: Date;
}
