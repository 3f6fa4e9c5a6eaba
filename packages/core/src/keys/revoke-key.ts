import type { KeyRef, RevokedKey } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey } from "../entities.ts";
import { notFound } from "../errors.ts";
import type { Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { viewKey } from "./key-view.ts";
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
  ({ database, clock }: Pick<DomainDeps, "database" | "clock">) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<RevokedKey> => {
    const { result, everywhere } = await database.commit(async (stores) => {
      const now = clock.now();
      const key = await stores.keys.findById(actor.workspaceId, keyId);
      if (key === null) throw notFound("key");
      return viewKey(stores, await revokeWithin(stores, key, now), now);
    });
    return { ...result, ...everywhereOf(await everywhere) };
  };
