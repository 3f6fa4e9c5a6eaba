import type { StoredPepper } from "../entities.ts";

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
  /**
   * Ends what needs the version: a secret version is valid until `endedAt`, a token is revoked at it. Tells every replica.
   * @throws ConcurrentChange for what needs the version no more: a replica moved it when it was presented.
   */
  end(
    holder: Pick<PepperHolder, "type" | "id" | "place">,
    ending: { readonly version: number; readonly endedAt: Date },
  ): Promise<void>;
  /** Replaces a digest where it still stands. Whether it did. Counts as no change of the key. */
  repepper(change: Repepper): Promise<boolean>;
}
