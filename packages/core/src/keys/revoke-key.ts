import type { KeyRef, KeyView } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey } from "../entities.ts";
import { notFound } from "../errors.ts";
import type { Stores } from "../ports.ts";
import { viewKey } from "./key-view.ts";
import { endAllVersions } from "./make-current.ts";

/** Revokes inside the caller's transaction. A key that is revoked already stays as it is. */
export const revokeWithin = async (stores: Stores, key: ApiKey, now: Date): Promise<ApiKey> => {
  if (key.revokedAt !== null) return key;
  await endAllVersions(stores, key.id, now);
  return stores.keys.update(key, { revokedAt: now, updatedAt: now });
};

/** The key never works again; its row stays. Idempotent. @throws DomainError `NOT_FOUND`. */
export const createRevokeKey =
  ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<KeyView> =>
    database.transaction(async (stores) => {
      const now = clock.now();
      const key = await stores.keys.findById(actor.workspaceId, keyId);
      if (key === null) throw notFound("key");
      const revoked = await revokeWithin(stores, key, now);
      await recordKey({ ids, stores }, { actor, action: "keys.revoke", now }, { before: key, after: revoked });
      return viewKey(stores, revoked, now);
    });
