import type { DeliveryView, ObserveInput } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { SecretVersion } from "../entities.ts";
import { keyStatus } from "../keys/key-status.ts";
import { retiringVersion } from "../keys/key-view.ts";
import { versionState } from "../keys/secret-version.ts";
import type { Stores } from "../ports.ts";
import { hourOf } from "../usage/hour.ts";
import { digestsOfSha256 } from "./digests.ts";
import { keyOf, type Managed } from "./managed-key.ts";
import { settingsOf } from "./settings.ts";

type KeyFacts = NonNullable<DeliveryView["key"]>;

const viewOfRetiring = async (
  stores: Stores,
  versions: readonly SecretVersion[],
  now: Date,
): Promise<KeyFacts["retiring"]> => {
  const version = retiringVersion(versions, now);
  if (version === undefined) return null;
  // A version begins to retire after it was made, so all its rows are asked for.
  const since = { outcome: "RETIRING", from: hourOf(version.createdAt) } as const;
  const accepted = await stores.usage.requestsSince([version.id], since);
  return {
    revision: version.revision,
    validUntil: version.validUntil.toISOString(),
    lastUsedAt: version.lastUsedAt?.toISOString() ?? null,
    accepted: accepted.get(version.id) ?? 0,
  };
};

const viewOfKey = async (stores: Stores, { key, workspace }: Managed, now: Date): Promise<KeyFacts> => {
  const project = (await stores.projects.list(workspace.id)).find(({ id }) => id === key.projectId);
  if (project === undefined) throw new Error(`key ${key.id} has no project`);
  const versions = await stores.versions.listValid([key.id], now);
  const retiring = await viewOfRetiring(stores, versions, now);
  const current = versions.find((version) => versionState(version, now) === "current");
  return {
    keyId: key.id,
    workspace: workspace.slug,
    project: project.slug,
    environment: key.environment,
    status: keyStatus(key, now),
    settings: settingsOf(key),
    pausedByPerson: key.pausedBy === "person",
    displayPrefix: key.displayPrefix,
    revision: key.revision,
    latestRevision: key.latestRevision,
    rotatedAt: current?.confirmedAt?.toISOString() ?? null,
    retiringUntil: retiring?.validUntil ?? null,
    retiring,
  };
};

const viewOfCandidate = (secretSha256: string, version: SecretVersion, now: Date) => ({
  secretSha256,
  revision: version.revision,
  state: versionState(version, now),
  validUntil: version.validUntil?.toISOString() ?? null,
});

/**
 * What the service knows of an owner's key, and what the values found in the cluster are. Changes nothing.
 * @throws DomainError `FORBIDDEN` when the cluster may no longer act for the key's workspace. ConcurrentChange when the
 * key was taken from the owner in between: to be asked again.
 */
export const createObserve =
  ({ database, clock, peppers }: Pick<DomainDeps, "database" | "clock" | "peppers">) =>
  async (actor: ClusterActor, input: ObserveInput): Promise<DeliveryView> => {
    const now = clock.now();
    const stores = database.read;
    const binding = await stores.bindings.findByOwner(actor.clusterId, input.ownerUid);
    const managed = binding === null ? null : await keyOf(stores, actor, binding);
    const released = binding !== null && binding.releasedAt !== null;
    const at = now.toISOString();
    if (managed === null) return { at, key: null, candidates: [], released };
    const found = await Promise.all(
      input.candidates.map(async (secretSha256) => {
        const version = await stores.versions.findByDigest(digestsOfSha256(peppers, secretSha256));
        return version?.keyId === managed.key.id ? [viewOfCandidate(secretSha256, version, now)] : [];
      }),
    );
    return { at, key: await viewOfKey(stores, managed, now), candidates: found.flat(), released };
  };
