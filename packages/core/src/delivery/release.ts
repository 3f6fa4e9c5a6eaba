import type { ReleaseInput, ReleaseOutcome } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import { record } from "../audit/record.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey } from "../entities.ts";
import { insertFirst } from "../insert-first.ts";
import { ENDED_EVERYWHERE } from "../keys/make-current.ts";
import { revokeWithin } from "../keys/revoke-key.ts";
import { versionState } from "../keys/secret-version.ts";
import type { Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { keyOf } from "./managed-key.ts";

/** Leaves the key to people: what was registered but never confirmed ends, the rest stays as it is. */
const retain = async (stores: Stores, key: ApiKey, now: Date): Promise<ApiKey> => {
  for (const version of await stores.versions.listValid([key.id], now)) {
    if (versionState(version, now) === "pending")
      await stores.versions.update(version.id, { validUntil: ENDED_EVERYWHERE });
  }
  return stores.keys.update(key, { updatedAt: now });
};

/**
 * The owner is being deleted: its key is revoked, or left to people (`retain`). Nothing is minted for the owner any
 * more, not even by a reconciler that is behind: an owner unknown so far leaves a mark too. Idempotent.
 * What ends is over everywhere when the call returns with `effectiveEverywhere: true`.
 * @throws DomainError `FORBIDDEN` when the cluster may no longer act for the key's workspace.
 */
export const createRelease =
  ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  async (actor: ClusterActor, { ownerUid, policy }: ReleaseInput): Promise<ReleaseOutcome> => {
    const { result, everywhere } = await database.commit(async (stores) => {
      const now = clock.now();
      const doing = { actor, action: "delivery.release", now } as const;
      const binding = await stores.bindings.findByOwner(actor.clusterId, ownerUid);
      if (binding === null) {
        await insertFirst(
          stores.bindings.insert({
            clusterId: actor.clusterId,
            ownerUid,
            namespace: "",
            name: "",
            keyId: null,
            releasedAt: now,
          }),
        );
        await record({ ids, stores }, doing, {
          workspaceId: null,
          target: { type: "owner", id: ownerUid },
          before: null,
          after: { released: true },
        });
        return { keyId: null };
      }
      if (binding.releasedAt !== null) {
        if (binding.keyId !== null) stores.keys.announce(binding.keyId);
        return { keyId: binding.keyId };
      }
      const managed = await keyOf(stores, actor, binding);
      await stores.bindings.update(binding, { releasedAt: now });
      if (managed === null) return { keyId: binding.keyId };
      const after = await (policy === "revoke" ? revokeWithin : retain)(stores, managed.key, now);
      await recordKey({ ids, stores }, doing, {
        before: managed.key,
        after,
        beforeBeside: { ownerUid },
        afterBeside: { ownerUid: null },
      });
      return { keyId: binding.keyId };
    });
    return { ...result, ...everywhereOf(await everywhere) };
  };
