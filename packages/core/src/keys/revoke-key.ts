import type { KeyRef, RevokedKey } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { ApiKey } from "../entities.ts";
import type { Stores } from "../ports.ts";
import { type ChangeDeps, changeKey } from "./change-key.ts";
import { endAllVersions } from "./make-current.ts";

/** Revokes inside the caller's transaction. A key that is revoked already stays as it is. */
export const revokeWithin = async (stores: Stores, key: ApiKey, now: Date): Promise<ApiKey> => {
  if (key.revokedAt !== null) {
    stores.keys.announce(key.id);
    return key;
  }
  await endAllVersions(stores, key.id, now);
  return stores.keys.update(key, { revokedAt: now, updatedAt: now });
};

/**
 * The key never works again; its row stays. Idempotent. No replica accepts the key any more when the call returns with
 * `effectiveEverywhere: true`. @throws DomainError `NOT_FOUND`.
 */
export const createRevokeKey =
  (deps: ChangeDeps) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<RevokedKey> =>
    changeKey(deps, { actor, keyId, action: "keys.revoke" }, async ({ stores, key, now }) => ({
      after: await revokeWithin(stores, key, now),
    }));
