import type { ClusterActor } from "../access/actor.ts";
import type { ApiKey, Binding, Workspace } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import { ConcurrentChange, type Stores } from "../ports.ts";

/**
 * The workspace that a cluster asks to act for.
 * @throws DomainError `FORBIDDEN` when it may not, and just the same when there is no such workspace.
 */
export const grantedWorkspace = async (stores: Stores, actor: ClusterActor, slug: string): Promise<Workspace> => {
  const workspace = await stores.workspaces.findBySlug(slug);
  if (workspace === null || !(await stores.clusters.isAllowed(actor.clusterId, workspace.id))) {
    throw new DomainError("FORBIDDEN", `this cluster may not act for the workspace ${slug}`);
  }
  return workspace;
};

/** What an owner is tied to: its key (with the workspace) where it has one. */
export interface Managed {
  readonly binding: Binding;
  readonly key: ApiKey;
  readonly workspace: Workspace;
}

/**
 * The key of a binding. The cluster's access to the workspace is checked again on every call.
 * @throws DomainError `FORBIDDEN` when the access was withdrawn since. ConcurrentChange when the key was deleted, or given
 * to another owner, after the binding was read.
 */
export const keyOf = async (stores: Stores, actor: ClusterActor, binding: Binding): Promise<Managed | null> => {
  if (binding.keyId === null) return null;
  const key = await stores.keys.findForCluster(actor.clusterId, binding.keyId);
  const workspace = key === null ? null : await stores.workspaces.findById(key.workspaceId);
  if (key !== null && workspace !== null) return { binding, key, workspace };
  // Whoever takes the key away changes the binding with it.
  const latest = await stores.bindings.findByOwner(actor.clusterId, binding.ownerUid);
  if (latest?.keyId !== binding.keyId) throw new ConcurrentChange("the binding");
  throw new DomainError("FORBIDDEN", "this cluster may no longer act for the workspace of this key");
};

/** @throws DomainError `NOT_FOUND` when the owner has no key. */
export const requireManaged = async (stores: Stores, actor: ClusterActor, ownerUid: string): Promise<Managed> => {
  const binding = await stores.bindings.findByOwner(actor.clusterId, ownerUid);
  const managed = binding === null ? null : await keyOf(stores, actor, binding);
  if (managed === null) throw notFound("key of this owner");
  return managed;
};
