import type { ApiKey, SecretVersion } from "../entities.ts";
import type { Stores } from "../ports.ts";
import { addMs, earlier, versionState } from "./secret-version.ts";

export interface Succession {
  readonly key: ApiKey;
  /** The version that becomes current; it must be stored already. */
  readonly next: SecretVersion;
  /** How long the version before stays valid. */
  readonly overlapMs: number;
  readonly now: Date;
}

/**
 * The end of a version that ends at once. Long past, since the replicas' clocks differ: one that is behind would accept
 * the version for as long as it is.
 */
export const ENDED_EVERYWHERE = new Date(0);

/**
 * When each valid version of a key ends once `next` becomes current: the current one after the overlap; a version that
 * was on its way out, at once. So one current and one retiring version remain. One that is pending keeps its deadline:
 * whoever registered it may be about to publish it, and what becomes readable has to work.
 */
export const endOfOthers = (
  versions: readonly SecretVersion[],
  { next, overlapMs, now }: Omit<Succession, "key">,
): ReadonlyMap<string, Date> =>
  new Map(
    versions
      .filter((version) => version.id !== next.id && versionState(version, now) !== "pending")
      .map((version) => {
        const isOverlapping = versionState(version, now) === "current" && overlapMs > 0;
        return [version.id, isOverlapping ? earlier(version.validUntil, addMs(now, overlapMs)) : ENDED_EVERYWHERE];
      }),
  );

/** Makes a stored version the current one of its key, inside the caller's transaction. */
export const makeCurrent = async (stores: Stores, succession: Succession): Promise<ApiKey> => {
  const { key, next, now } = succession;
  const valid = await stores.versions.listValid([key.id], now);
  for (const [id, validUntil] of endOfOthers(valid, succession)) await stores.versions.update(id, { validUntil });
  await stores.versions.update(next.id, { confirmedAt: now, validUntil: null });
  return stores.keys.update(key, {
    revision: next.revision,
    latestRevision: Math.max(key.latestRevision, next.revision),
    displayPrefix: next.displayPrefix,
    updatedAt: now,
  });
};

/** Ends every version of a key at once. */
export const endAllVersions = async (stores: Stores, keyId: string, now: Date): Promise<void> => {
  for (const version of await stores.versions.listValid([keyId], now)) {
    await stores.versions.update(version.id, { validUntil: ENDED_EVERYWHERE });
  }
};
