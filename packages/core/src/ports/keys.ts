import type { Environment, KeySort, KeyStatus } from "@itsy/contract";
import type { ApiKey, SecretVersion } from "../entities.ts";

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
  /**
   * Puts a key in with its first version as the transaction commits, in one round trip with it: nothing in the transaction
   * may look for them. What they are refused for, the commit is refused for.
   */
  insertLast(key: ApiKey, version: SecretVersion): void;
  /** Bound to the workspace: a key of another one is `null`. */
  findById(workspaceId: string, id: string): Promise<ApiKey | null>;
  /** Bound to what the cluster may act for: a key of another workspace is `null`. */
  findForCluster(clusterId: string, id: string): Promise<ApiKey | null>;
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
  /**
   * Whether one more key that is not revoked stays within `max`; then the place is the caller's, also among those that
   * share the transaction. The workspace must be locked.
   */
  takePlace(workspaceId: string, max: number): Promise<boolean>;
  /** Removes the row where it still has `key.version`. Its versions must be gone. @throws ConcurrentChange otherwise. */
  delete(key: ApiKey): Promise<void>;
  /**
   * A page, of `limit` keys unless it is the last one; equals by id. "Never" (`null`) comes before every instant. A key
   * that changes while it is read is where it was found, with what it is now; left out if it has another status now.
   */
  list(filter: KeyFilter, listing: KeyListing): Promise<ListedKeys>;
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
  /** The whole display prefix, byte by byte. */
  readonly displayPrefix?: string | undefined;
}

/** A place in a list: the value of the sort (none for `created`; an instant in milliseconds), and the key's id. */
export interface KeyPlace {
  readonly value: string | number | null;
  readonly id: string;
}

export interface ListedKeys {
  readonly keys: readonly ApiKey[];
  /** Behind which the next page begins; `null`: there is none. */
  readonly next: KeyPlace | null;
}

export interface KeyListing {
  readonly sort: KeySort;
  readonly order: "asc" | "desc";
  readonly after?: KeyPlace | undefined;
  readonly limit: number;
}
