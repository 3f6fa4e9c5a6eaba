import type { AdoptInput, AdoptOutcome } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey, Binding, SecretVersion } from "../entities.ts";
import { insertFirst } from "../insert-first.ts";
import { ENDED_EVERYWHERE } from "../keys/make-current.ts";
import { versionState } from "../keys/secret-version.ts";
import type { Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { digestsOfSha256 } from "./digests.ts";
import { type Adoption, judgeAdoption } from "./judge-adoption.ts";
import { grantedWorkspace } from "./managed-key.ts";

interface Adopting {
  readonly stores: Stores;
  readonly actor: ClusterActor;
  readonly input: AdoptInput;
  readonly now: Date;
}

/** What is to be judged; `null` where the value is of no key of this workspace. */
const gather = async (deps: DomainDeps, { stores, actor, input, now }: Adopting): Promise<Adoption | null> => {
  const workspace = await grantedWorkspace(stores, actor, input.workspace);
  const version = await stores.versions.findByDigest(digestsOfSha256(deps.peppers, input.secretSha256));
  const key = version === null ? null : await stores.keys.findById(workspace.id, version.keyId);
  if (version === null || key === null) return null;
  const [holder = null] = await stores.bindings.listByKeys([key.id]);
  return {
    key,
    version,
    own: await stores.bindings.findByOwner(actor.clusterId, input.owner.uid),
    holder,
    owner: { clusterId: actor.clusterId, namespace: input.owner.namespace, name: input.owner.name },
    projectId: (await stores.projects.findBySlug(workspace.id, input.project))?.id ?? null,
    environment: input.environment,
    now,
  };
};

/** What the old owner registered and never confirmed lies in nobody's hands any more. */
const endOtherPending = async (stores: Stores, kept: SecretVersion, now: Date): Promise<void> => {
  for (const version of await stores.versions.listValid([kept.keyId], now)) {
    if (version.id === kept.id || versionState(version, now) !== "pending") continue;
    await stores.versions.update(version.id, { validUntil: ENDED_EVERYWHERE });
  }
};

/**
 * The binding changes hands. The old owner keeps the mark of a release and no key, so that nothing which is still under
 * way for it can register, confirm, configure or revoke.
 */
const moveBinding = async (
  { stores, actor, input, now }: Adopting,
  { key, holder }: { readonly key: ApiKey; readonly holder: Binding },
): Promise<void> => {
  await stores.bindings.update(holder, { keyId: null, releasedAt: now });
  const { uid: ownerUid, namespace, name } = input.owner;
  const binding = { clusterId: actor.clusterId, ownerUid, namespace, name, keyId: key.id, releasedAt: null };
  await insertFirst(stores.bindings.insert(binding));
};

/**
 * Gives a key to the object that took the place of its owner and holds a working value of it. Idempotent.
 * What it ended is over everywhere when the call returns with `effectiveEverywhere: true`.
 * @throws DomainError `FORBIDDEN` when the cluster may not act for the workspace.
 */
export const createAdopt =
  (deps: DomainDeps) =>
  async (actor: ClusterActor, input: AdoptInput): Promise<AdoptOutcome> => {
    const { result, everywhere } = await deps.database.commit(async (stores) => {
      const adopting = { stores, actor, input, now: deps.clock.now() };
      const adoption = await gather(deps, adopting);
      const verdict = adoption === null ? "refused" : judgeAdoption(adoption);
      if (adoption === null || verdict === "refused") return { outcome: "refused" } as const;
      const { key, version, holder } = adoption;
      const adopted = { outcome: "adopted", keyId: key.id, revision: version.revision } as const;
      if (verdict === "adopted" || holder === null) {
        stores.keys.announce(key.id);
        return adopted;
      }
      // Also the guard: whoever registers or confirms for the old owner at the same time looks again.
      const after = await stores.keys.update(key, { updatedAt: adopting.now });
      await endOtherPending(stores, version, adopting.now);
      await moveBinding(adopting, { key, holder });
      await recordKey(
        { ids: deps.ids, stores },
        { actor, action: "delivery.adopt", now: adopting.now },
        {
          before: key,
          after,
          beforeBeside: { ownerUid: holder.ownerUid },
          afterBeside: { ownerUid: input.owner.uid },
        },
      );
      return adopted;
    });
    return result.outcome === "adopted" ? { ...result, ...everywhereOf(await everywhere) } : result;
  };
