import type { ApiKey, SecretVersion } from "../entities.ts";
import { versionState } from "../keys/secret-version.ts";

export interface Registration {
  /** The owner's key; `null` before the first registration. */
  readonly key: ApiKey | null;
  /** The stored version with this very digest, if any. */
  readonly known: SecretVersion | null;
  /** The key's versions that work now. */
  readonly valid: readonly SecretVersion[];
  readonly revision: number;
  readonly replaceRevoked: boolean;
  readonly now: Date;
}

export type RegistrationVerdict =
  | "create"
  | "replace"
  | "add"
  | "extend"
  | "confirmed"
  | "expired"
  | "superseded"
  | "revoked";

/**
 * What a registration means for what is stored. The same digest again is the same version. Another digest of a revision
 * that nobody confirmed is a second candidate (somebody deleted the staging Secret): both stay valid, since either may
 * have been published; the one that is not confirmed until its deadline. Whoever is behind is told to look again, so that a stale observer
 * burns no revision.
 */
export const judgeRegistration = ({
  key,
  known,
  valid,
  revision,
  replaceRevoked,
  now,
}: Registration): RegistrationVerdict => {
  if (key === null) return known === null ? "create" : "superseded";
  if (known !== null && known.keyId !== key.id) return "superseded";
  if (key.revokedAt !== null)
    return replaceRevoked && known === null && revision > key.latestRevision ? "replace" : "revoked";
  if (known !== null) {
    if (known.revision !== revision) return "superseded";
    const state = versionState(known, now);
    if (state === "current") return "confirmed";
    // Beside a confirmed one it only lives on for whoever has published it already.
    if (state === "pending") return revision > key.revision ? "extend" : "superseded";
    return known.confirmedAt === null ? "expired" : "superseded";
  }
  if (revision > key.latestRevision) return "add";
  // The same revision again only while a candidate of it is open: a revision whose deadline has passed is used up.
  const isOpen = valid.some((version) => version.revision === revision && versionState(version, now) === "pending");
  return isOpen && revision > key.revision ? "add" : "superseded";
};
