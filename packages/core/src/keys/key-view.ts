import type { KeyView } from "@itsy/contract";

import type { ApiKey, Binding, Cluster, Project, SecretVersion } from "../entities.ts";
import { instantTextOrNull } from "../instant-text.ts";
import { ConcurrentChange, type Stores } from "../ports.ts";
import { keyStatus } from "./key-status.ts";
import { earlier, versionState } from "./secret-version.ts";

/** What a view shows beside the key itself. */
export interface Surroundings {
  readonly project: Project | undefined;
  readonly versions: readonly SecretVersion[];
  readonly binding: Binding | undefined;
  readonly cluster: Cluster | null | undefined;
}

/** The version that is on its way out, with its end. */
export const retiringVersion = (
  versions: readonly SecretVersion[],
  at: Date,
): (SecretVersion & { readonly validUntil: Date }) | undefined =>
  versions.find(
    (version): version is SecretVersion & { readonly validUntil: Date } => versionState(version, at) === "retiring",
  );

/** When the version that is on its way out ends; `null` when none is. */
export const retiringUntil = (versions: readonly SecretVersion[], at: Date): Date | null =>
  retiringVersion(versions, at)?.validUntil ?? null;

/** Since when one of the secrets is known to be public; `null` when none is. */
const leakedAt = (versions: readonly SecretVersion[]): Date | null =>
  versions.reduce<Date | null>(
    (first, version) => (version.leakedAt === null ? first : earlier(first, version.leakedAt)),
    null,
  );

/** Shows a key whose surroundings are known. @throws ConcurrentChange where key and project are gone by now. */
export const viewWith = (key: ApiKey, around: Surroundings, at: Date): KeyView => {
  // A project goes after its last key: both went between the reads.
  if (around.project === undefined) throw new ConcurrentChange("the key");
  return {
    id: key.id,
    project: around.project.slug,
    name: key.name,
    environment: key.environment,
    requestsPerMinute: key.requestsPerMinute,
    expiresAt: instantTextOrNull(key.expiresAt),
    status: keyStatus(key, at),
    displayPrefix: key.displayPrefix,
    revision: key.revision,
    retiringUntil: instantTextOrNull(retiringUntil(around.versions, at)),
    leakedAt: instantTextOrNull(leakedAt(around.versions)),
    owner: key.owner,
    metadata: key.metadata,
    permissions: [...key.permissions],
    ipRules: [...key.ipRules],
    lastUsedAt: instantTextOrNull(key.lastUsedAt),
    createdAt: key.createdAt.toISOString(),
    updatedAt: key.updatedAt.toISOString(),
    version: key.version,
    managedBy:
      around.binding && around.cluster
        ? { cluster: around.cluster.slug, namespace: around.binding.namespace, name: around.binding.name }
        : null,
  };
};

/** Shows keys of one workspace as the API does, with a fixed number of reads however many they are. */
export const viewKeys = async (stores: Stores, keys: readonly ApiKey[], at: Date): Promise<KeyView[]> => {
  const workspaceId = keys[0]?.workspaceId;
  if (workspaceId === undefined) return [];
  const ids = keys.map((key) => key.id);
  const projects = await stores.projects.list(workspaceId);
  const versions = Map.groupBy(await stores.versions.listValid(ids, at), (version) => version.keyId);
  const bindings = await stores.bindings.listByKeys(ids);
  const clusters = bindings.length === 0 ? [] : await stores.clusters.list();
  return keys.map((key) => {
    const binding = bindings.find(({ keyId }) => keyId === key.id);
    const around = {
      project: projects.find(({ id }) => id === key.projectId),
      versions: versions.get(key.id) ?? [],
      binding,
      cluster: clusters.find(({ id }) => id === binding?.clusterId),
    };
    return viewWith(key, around, at);
  });
};

export const viewKey = async (stores: Stores, key: ApiKey, at: Date): Promise<KeyView> => {
  const [only] = await viewKeys(stores, [key], at);
  if (only === undefined) throw new Error("one key gives one view");
  return only;
};
