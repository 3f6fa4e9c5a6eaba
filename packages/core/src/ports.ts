import type { AuditTargetType, Environment, KeyMetadata, KeySort, KeyStatus } from "@itsy/contract";

import type {
  ApiKey,
  AuditEntry,
  Binding,
  Cluster,
  IdempotencyRecord,
  ManagementToken,
  Project,
  SecretVersion,
  StoredPepper,
  Workspace,
} from "./entities.ts";
import type { BarrierResult } from "./revocation/barrier-result.ts";
import type { KeyChange } from "./revocation/ports.ts";
import type { UsageStore } from "./usage/ports.ts";

export interface Clock {
  now(): Date;
}

/** What an id is for; it becomes the id's prefix. */
export type IdKind = "key" | "ver" | "ws" | "prj" | "cl" | "tok" | "aud";

/** `{kind}_` and a ULID in lower case. */
export interface IdSource {
  next(kind: IdKind): string;
}

/** Everything the domain asks of a database. Reads see committed data; writes only happen inside `transaction`. */
export interface Database {
  readonly read: Stores;
  /** Called when a transaction that changed keys or tokens has committed, before `transaction` and `commit` return. */
  onKeysChanged(listener: KeysChangedListener): void;
  /**
   * Runs `work` in one transaction. Run again from its start when the database reports a deadlock or a conditional
   * update found nothing (`ConcurrentChange`): `work` must have no effect outside the transaction.
   */
  transaction<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result>;
  /**
   * The same, and tells when every replica follows what it changed. A use-case that ends something waits for that before
   * it answers; everything else lets it come.
   */
  commit<Result>(work: (stores: Stores) => Promise<Result>): Promise<Committed<Result>>;
}

export interface Committed<Result> {
  readonly result: Result;
  /** Never rejects. Over at once when the transaction changed no key that anybody can remember. */
  readonly everywhere: Promise<BarrierResult>;
}

/**
 * @param ids of the keys (changed themselves or in their versions) and of the tokens that are different now
 * @param changes the rows that the transaction put into the change feed for them; none where there is no feed, and none
 * for a key that the same transaction created
 * @returns when every replica follows, from the one listener that knows
 */
export type KeysChangedListener = (
  ids: readonly string[],
  changes: readonly KeyChange[],
) => void | Promise<BarrierResult>;

/** Thrown by a conditional update whose condition no longer holds; `transaction` retries it. */
export class ConcurrentChange extends Error {
  constructor(what: string) {
    super(`${what} was changed at the same time`);
    this.name = "ConcurrentChange";
  }
}

/** Thrown by an insert that a unique constraint refused. Carries no value of the row. */
export class DuplicateRow extends Error {
  readonly table: string;

  constructor(table: string, options?: ErrorOptions) {
    super(`a row with the same unique value exists in ${table}`, options);
    this.name = "DuplicateRow";
    this.table = table;
  }
}

export interface Stores {
  readonly workspaces: WorkspaceStore;
  readonly projects: ProjectStore;
  readonly clusters: ClusterStore;
  readonly tokens: TokenStore;
  readonly keys: KeyStore;
  readonly versions: VersionStore;
  readonly bindings: BindingStore;
  readonly audit: AuditStore;
  readonly idempotency: IdempotencyStore;
  readonly usage: UsageStore;
  readonly peppers: PepperStore;
}

export interface WorkspaceStore {
  insert(workspace: Workspace): Promise<void>;
  findById(id: string): Promise<Workspace | null>;
  findBySlug(slug: string): Promise<Workspace | null>;
  /** By slug. */
  list(): Promise<readonly Workspace[]>;
  /**
   * Writes the change where the row still has `workspace.version`, and grows the version by one.
   * @throws ConcurrentChange when it has not.
   */
  update(workspace: Workspace, change: WorkspaceChange): Promise<Workspace>;
}

/** A field that is `undefined` stays as it is. */
export type WorkspaceChange = {
  readonly [Field in
    | "name"
    | "defaultRequestsPerMinute"
    | "requestsPerMinuteMax"
    | "keyLifetimeDaysMax"
    | "keysMax"
    | "leakPolicy"
    | "quotaPerMonth"
    | "quotaMode"]?: Workspace[Field] | undefined;
};

export interface ProjectStore {
  insert(project: Project): Promise<void>;
  findBySlug(workspaceId: string, slug: string): Promise<Project | null>;
  /** By slug. */
  list(workspaceId: string): Promise<readonly Project[]>;
  rename(project: Project, name: string): Promise<void>;
  /** Whether any key belongs to it, of whatever status. */
  hasKeys(project: Project): Promise<boolean>;
  /** @throws ConcurrentChange when it got a key at the same time. */
  delete(project: Project): Promise<void>;
}

export interface ClusterStore {
  insert(cluster: Cluster): Promise<void>;
  findById(id: string): Promise<Cluster | null>;
  findBySlug(slug: string): Promise<Cluster | null>;
  /** By slug. */
  list(): Promise<readonly Cluster[]>;
  /** Lets the cluster act for the workspace. Allowed before: nothing happens. */
  allow(clusterId: string, workspaceId: string): Promise<void>;
  disallow(clusterId: string, workspaceId: string): Promise<void>;
  isAllowed(clusterId: string, workspaceId: string): Promise<boolean>;
  /** The workspaces that each of the clusters may act for, by slug. */
  allowedWorkspaces(clusterIds: readonly string[]): Promise<ReadonlyMap<string, readonly Workspace[]>>;
}

export interface TokenStore {
  insert(token: ManagementToken): Promise<void>;
  findById(id: string): Promise<ManagementToken | null>;
  findByDigest(digests: readonly Uint8Array[]): Promise<ManagementToken | null>;
  /** Of one workspace, or (`null`) of the installation and its clusters. Newest first. */
  list(workspaceId: string | null): Promise<readonly ManagementToken[]>;
  /** Sets `revokedAt` where it is not set yet. Tells every replica either way. */
  revoke(id: string, revokedAt: Date): Promise<void>;
  /** Sets `leakedAt`. Tells nobody: the token works as before. */
  markLeaked(id: string, leakedAt: Date): Promise<void>;
  /** Whether any token exists at all: none does before the first start. */
  isEmpty(): Promise<boolean>;
}

/** What may change in a key after its creation. */
export type ApiKeyChange = Partial<
  Pick<
    ApiKey,
    | "name"
    | "requestsPerMinute"
    | "expiresAt"
    | "pausedAt"
    | "pausedBy"
    | "revokedAt"
    | "revision"
    | "latestRevision"
    | "displayPrefix"
    | "owner"
    | "metadata"
    | "permissions"
    | "ipRules"
    | "updatedAt"
  >
>;

export interface KeyStore {
  insert(key: ApiKey): Promise<void>;
  /** Bound to the workspace: a key of another one is `null`. */
  findById(workspaceId: string, id: string): Promise<ApiKey | null>;
  /**
   * Writes the change where the row still has `key.version`, and grows the version by one.
   * @throws ConcurrentChange when it has not.
   */
  update(key: ApiKey, change: ApiKeyChange): Promise<ApiKey>;
  /**
   * Counts the key as changed by this transaction though its row stays as it is: whoever asks again for something that is
   * done may not be told that it holds everywhere before it does.
   */
  announce(keyId: string): void;
  /** As it was before this transaction. */
  countNotRevoked(workspaceId: string): Promise<number>;
  /** Removes the row where it still has `key.version`. Its versions must be gone. @throws ConcurrentChange otherwise. */
  delete(key: ApiKey): Promise<void>;
  /** `limit` at most; equals by id. "Never" (`null`) comes before every instant. */
  list(filter: KeyFilter, listing: KeyListing): Promise<readonly ApiKey[]>;
  /** How many there are of each status. Of a search that finds more than 1,000 (`isCapped`), how many at least. */
  count(
    filter: Omit<KeyFilter, "status">,
  ): Promise<Readonly<Record<KeyStatus, number>> & { readonly isCapped: boolean }>;
}

/** Which keys of one workspace are meant; what is left out is not looked at. */
export interface KeyFilter {
  readonly workspaceId: string;
  readonly projectId?: string | undefined;
  readonly environment?: Environment | undefined;
  /** Derived from the facts at `at`. */
  readonly status?: KeyStatus | undefined;
  readonly at: Date;
  /** Whether an `ApiKey` owns the key. */
  readonly managed?: boolean | undefined;
  /** How the name begins, in the comparison of the database: MySQL and MariaDB ignore case, SQLite does not. */
  readonly namePrefix?: string | undefined;
  /** The whole display prefix. */
  readonly displayPrefix?: string | undefined;
}

/** A place in a list: the value of the sort (none for `created`; an instant in milliseconds), and the key's id. */
export interface KeyPlace {
  readonly value: string | number | null;
  readonly id: string;
}

export interface KeyListing {
  readonly sort: KeySort;
  readonly order: "asc" | "desc";
  readonly after?: KeyPlace | undefined;
  readonly limit: number;
}

export interface VersionStore {
  insert(version: SecretVersion): Promise<void>;
  /** The versions of the keys that work at the instant: `validUntil` is null or later. By key and revision. */
  listValid(keyIds: readonly string[], at: Date): Promise<readonly SecretVersion[]>;
  /** By any of the digests of one secret (one for each live pepper version). */
  findByDigest(digests: readonly Uint8Array[]): Promise<SecretVersion | null>;
  update(id: string, change: Partial<Pick<SecretVersion, "confirmedAt" | "validUntil" | "leakedAt">>): Promise<void>;
  deleteOf(keyId: string): Promise<void>;
}

export interface BindingStore {
  insert(binding: Binding): Promise<void>;
  findByOwner(clusterId: string, ownerUid: string): Promise<Binding | null>;
  /** The bindings that own the keys and are not released. */
  listByKeys(keyIds: readonly string[]): Promise<readonly Binding[]>;
  update(
    binding: Binding,
    change: Partial<Pick<Binding, "keyId" | "releasedAt" | "namespace" | "name">>,
  ): Promise<void>;
  /** The key is about to be deleted: whoever owns or owned it keeps the mark of a release, and no key. */
  releaseKey(keyId: string, at: Date): Promise<void>;
}

/** Append-only: nothing changes an entry, and nothing but their age removes any. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first, `limit` at most. */
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>;
  /** Removes entries from before the instant, `limit` at most. How many. */
  purge(before: Date, limit: number): Promise<number>;
}

export interface AuditFilter {
  /** Of one workspace; or (`null`) the installation's own, and what its operators did anywhere. */
  readonly workspaceId: string | null;
  readonly targetType?: AuditTargetType | undefined;
  readonly targetId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Older than the entry of this id. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface IdempotencyStore {
  find(claim: Pick<IdempotencyRecord, "workspaceId" | "procedure" | "digest">): Promise<IdempotencyRecord | null>;
  insert(record: IdempotencyRecord): Promise<void>;
  setRevision(record: IdempotencyRecord, revision: number): Promise<void>;
  /** Removes what was made before the instant. How many. */
  purge(before: Date): Promise<number>;
}

/** Whose credential is it? One read by unique digest, which must not wait behind anything else. */
export interface TokenLookup {
  /** By any of the digests of one text (one for each live pepper version). `null` when none is stored. */
  find(digests: readonly Uint8Array[]): Promise<ManagementToken | null>;
}

/** How much that still works is stored under a pepper. */
export interface PepperUsage {
  readonly version: number;
  readonly secrets: number;
  readonly tokens: number;
}

export interface PepperHolder {
  readonly type: "key" | "token";
  /** Of the key or the token. */
  readonly id: string;
  readonly workspaceId: string | null;
  readonly displayPrefix: string;
  /** Of the secret version; `null` for a token. */
  readonly revision: number | null;
  /** The id of the secret version or of the token: the place in the list. */
  readonly place: string;
}

export interface Repepper {
  readonly kind: "secret" | "token";
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** Of `to`. */
  readonly pepperVersion: number;
}

/** Peppers by their versions. The operator's view: over all workspaces. */
export interface PepperStore {
  /** By version. */
  list(): Promise<readonly StoredPepper[]>;
  insert(pepper: StoredPepper): Promise<void>;
  /** Also for one that is not stored yet. */
  retire(version: number, retiredAt: Date): Promise<void>;
  /** Of each version that anything needs: secret versions and tokens that work at the instant. */
  usage(at: Date): Promise<readonly PepperUsage[]>;
  /** Whether anything that works at the instant needs a version that is none of these. */
  isOtherUsed(versions: readonly number[], at: Date): Promise<boolean>;
  /** What works at the instant under a version: secret versions by id, then tokens by id. `limit` at most. */
  holders(
    version: number,
    page: { readonly at: Date; readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly PepperHolder[]>;
  /** Replaces a digest where it still stands. Whether it did. Counts as no change of the key. */
  repepper(change: Repepper): Promise<boolean>;
}

/** From where a key may be used, ready to be asked for every request. */
export interface IpRules {
  /** Whether one of the networks holds the address (`IpAddress` of the contract). */
  allow(ip: string): boolean;
}

/** Everything `verify` needs to know of a secret, in one read. */
export interface VerificationRecord {
  readonly keyId: string;
  readonly versionId: string;
  readonly projectId: string;
  readonly workspaceId: string;
  readonly workspace: string;
  readonly project: string;
  readonly environment: Environment;
  readonly name: string;
  readonly owner: string | null;
  readonly metadata: KeyMetadata;
  readonly permissions: ReadonlySet<string>;
  /** `null`: from everywhere. */
  readonly ipRules: IpRules | null;
  readonly requestsPerMinute: number;
  readonly expiresAt: Date | null;
  readonly pausedAt: Date | null;
  readonly revokedAt: Date | null;
  /** Until when this secret version works; `null` while it is the current one. */
  readonly validUntil: Date | null;
  /** Whether this secret version was current once and has an end now. */
  readonly retiring: boolean;
  /** Which pepper its digest was made with. */
  readonly pepperVersion: number;
}

/** The hot lookup: one read by unique digest. */
export interface VerificationLookup {
  /** By any of the digests of one secret (one for each live pepper version). `null` when none is stored. */
  find(digests: readonly Uint8Array[]): Promise<VerificationRecord | null>;
}
