import type { Binding } from "../entities.ts";

export interface BindingStore {
  insert(binding: Binding): Promise<void>;
  findByOwner(clusterId: string, ownerUid: string): Promise<Binding | null>;
  /** The bindings that own the keys and are not released. */
  listByKeys(keyIds: readonly string[]): Promise<readonly Binding[]>;
  update(
    binding: Binding,
    change: Partial<Pick<Binding, "keyId" | "releasedAt" | "namespace" | "name">>,
  ): Promise<void>;
  /** The key is about to be deleted: whoever owns or owned it keeps the mark of a release, and no key. */
  releaseKey(keyId: string, at: Date): Promise<void>;
}
