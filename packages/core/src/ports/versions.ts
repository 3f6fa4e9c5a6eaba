import type { SecretVersion } from "../entities.ts";

export interface VersionStore {
  /** @throws ConcurrentChange when its key was deleted at the same time. */
  insert(version: SecretVersion): Promise<void>;
  /** The versions of the keys that work at the instant: `validUntil` is null or later. By key and revision. */
  listValid(keyIds: readonly string[], at: Date): Promise<readonly SecretVersion[]>;
  /** By any of the digests of one secret (one for each live pepper version). */
  findByDigest(digests: readonly Uint8Array[]): Promise<SecretVersion | null>;
  update(id: string, change: Partial<Pick<SecretVersion, "confirmedAt" | "validUntil">>): Promise<void>;
  /** Sets `leakedAt` where it is not set yet. Whether it was not: of several at once, one. */
  markLeaked(id: string, leakedAt: Date): Promise<boolean>;
  deleteOf(keyId: string): Promise<void>;
}
