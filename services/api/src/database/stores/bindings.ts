import { type Binding, type BindingStore, ConcurrentChange } from "@itsy/core";
import { type EntityManager, In, IsNull } from "typeorm";

import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";
import { insertRow } from "./insert-row.ts";

type BindingChange = Parameters<BindingStore["update"]>[1];

const table = (manager: EntityManager) => manager.getRepository<Binding>("bindings");

const update = async (manager: EntityManager, binding: Binding, change: BindingChange): Promise<void> => {
  const set = definedOnly(change);
  if (Object.keys(set).length === 0) return;
  const { clusterId, ownerUid, keyId, releasedAt } = binding;
  // Only where the owner still has the key that the caller saw: else two registrations would orphan one's key.
  const { affected } = await table(manager).update(
    { clusterId, ownerUid, keyId: keyId ?? IsNull(), releasedAt: releasedAt ?? IsNull() },
    set,
  );
  if (affected !== 1) throw new ConcurrentChange("the binding");
};

/** In two statements, since a release that happened keeps its instant. */
const releaseKey = async (manager: EntityManager, keyId: string, at: Date): Promise<void> => {
  await table(manager).update({ keyId, releasedAt: IsNull() }, { releasedAt: at });
  await table(manager).update({ keyId }, { keyId: null });
};

export const createBindingStore = (session: Session): BindingStore =>
  Object.freeze({
    insert: (binding: Binding) => session.write((manager) => insertRow(manager, "bindings", binding)),
    findByOwner: (clusterId: string, ownerUid: string) =>
      session.read((manager) => table(manager).findOneBy({ clusterId, ownerUid })),
    listByKeys: async (keyIds: readonly string[]) => {
      if (keyIds.length === 0) return [];
      return session.read((manager) =>
        table(manager).find({
          where: { keyId: In([...keyIds]), releasedAt: IsNull() },
          order: { clusterId: "ASC", ownerUid: "ASC" },
        }),
      );
    },
    releaseKey: (keyId: string, at: Date) => session.write((manager) => releaseKey(manager, keyId, at)),
    update: (binding: Binding, change: BindingChange) => session.write((manager) => update(manager, binding, change)),
  });
