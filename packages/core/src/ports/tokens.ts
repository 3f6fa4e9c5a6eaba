import type { ManagementToken } from "../entities.ts";

export interface TokensPage {
  /** The id of the last token of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface TokenStore {
  insert(token: ManagementToken): Promise<void>;
  findById(id: string): Promise<ManagementToken | null>;
  /** The row as it is committed now; whoever else asks for it waits until this transaction has ended. */
  lock(id: string): Promise<ManagementToken | null>;
  findByDigest(digests: readonly Uint8Array[]): Promise<ManagementToken | null>;
  /** Of one workspace, or (`null`) of the installation and its clusters. Newest first, from the one after a place. */
  list(workspaceId: string | null, page: TokensPage): Promise<readonly ManagementToken[]>;
  /** Sets `revokedAt` where it is not set yet. Tells every replica either way. Whether it was not: of several at once, one. */
  revoke(id: string, revokedAt: Date): Promise<boolean>;
  /** Sets `leakedAt` where it is not set yet; whether it was not. Tells nobody: the token works as before. */
  markLeaked(id: string, leakedAt: Date): Promise<boolean>;
  /** Whether any token exists at all: none does before the first start. */
  isEmpty(): Promise<boolean>;
}

/** Whose credential is it? One read by unique digest, which must not wait behind anything else. */
export interface TokenLookup {
  /** By any of the digests of one text (one for each live pepper version). `null` when none is stored. */
  find(digests: readonly Uint8Array[]): Promise<ManagementToken | null>;
}
