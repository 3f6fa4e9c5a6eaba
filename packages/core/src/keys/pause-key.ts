import type { KeyRef, KeyView, RevokedKey } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import {
  type ChangeDeps,
  type Changed,
  type Changing,
  changeKey,
  commitKeyChange,
  managedByCluster,
  ownerOf,
  requireNotRevoked,
} from "./change-key.ts";

/** A pause by a person stays until a person lifts it, whatever a manifest says. Idempotent. */
export const pauseWithin = async ({ stores, key, now }: Changing): Promise<Changed> => {
  requireNotRevoked(key);
  if (key.pausedBy === "person") return { after: key };
  const pausedAt = key.pausedAt ?? now;
  return { after: await stores.keys.update(key, { pausedAt, pausedBy: "person", updatedAt: now }) };
};

/** Refuses the key until it is resumed. @throws DomainError `NOT_FOUND`; `CONFLICT` for a revoked key. */
export const createPauseKey =
  (deps: ChangeDeps) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<RevokedKey> =>
    changeKey(deps, { actor, keyId, action: "keys.pause" }, pauseWithin);

/**
 * Lifts a pause; the replicas follow in the background, since it ends nothing. Idempotent.
 * @throws DomainError `NOT_FOUND`; `CONFLICT` for a revoked key; `MANAGED_BY_CLUSTER` for what a manifest paused.
 */
export const createResumeKey =
  (deps: ChangeDeps) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<KeyView> => {
    const call = { actor, keyId, action: "keys.resume" } as const;
    const { result } = await commitKeyChange(deps, call, async ({ stores, key, now }) => {
      requireNotRevoked(key);
      if (key.pausedAt === null) return { after: key };
      // A manifest that let go of its key cannot lift its own pause any more: then people may.
      const owner = key.pausedBy === "manifest" ? await ownerOf({ stores, key }) : undefined;
      if (owner !== undefined) throw managedByCluster(owner, "set paused: false");
      return { after: await stores.keys.update(key, { pausedAt: null, pausedBy: null, updatedAt: now }) };
    });
    return result;
  };
