import { type Binding, type BindingStore, ConcurrentChange } from "@itsy/core";
import { type EntityManager, In, IsNull } from "typeorm";
import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";
import { refreshOwned } from "./refresh-facet.ts";

type BindingChange = Parameters<BindingStore["update"]>[1];

const table = (manager: EntityManager) => manager.getRepository<Binding>("bindings");

const update = async (session: Session, binding: Binding, change: BindingChange): Promise<void> => {
  const set = definedOnly(change);
  if (Object.keys(set).length === 0) return;
  const { clusterId, ownerUid, keyId, releasedAt } = binding;
  // Only where the owner still has the key that the caller saw: else two registrations would orphan one's key.
  const seen = { clusterId, ownerUid, keyId, releasedAt };
  if ((await session.updateRows<Binding>("bindings", seen, set)) !== 1) throw new ConcurrentChange("the binding");
  if (set.keyId === undefined && set.releasedAt === undefined) return;
  const keyIds = new Set([keyId, set.keyId].filter((id) => typeof id === "string"));
  for (const id of keyIds) await session.write((manager) => refreshOwned(session, manager, id));
};

const insert = async (session: Session, binding: Binding): Promise<void> => {
  const { keyId } = binding;
  await session.insertRow("bindings", binding);
  if (keyId !== null) await session.write((manager) => refreshOwned(session, manager, keyId));
};

/** In two statements, since a release that happened keeps its instant. */
const releaseKey = async (
  session: Session,
  manager: EntityManager,
  { keyId, at }: { readonly keyId: string; readonly at: Date },
): Promise<void> => {
  await table(manager).update({ keyId, releasedAt: IsNull() }, { releasedAt: at });
  await table(manager).update({ keyId }, { keyId: null });
  await refreshOwned(session, manager, keyId);
};

export const createBindingStore = (session: Session): BindingStore =>
  Object.freeze({
    insert: (binding: Binding) => insert(session, binding),
    findByOwner: (clusterId: string, ownerUid: string) => session.findRow<Binding>("bindings", { clusterId, ownerUid }),
    listByKeys: async (keyIds: readonly string[]) => {
      if (keyIds.length === 0) return [];
      return session.read((manager) =>
        table(manager).find({
          where: { keyId: In([...keyIds]), releasedAt: IsNull() },
          order: { clusterId: "ASC", ownerUid: "ASC" },
        }),
      );
    },
    releaseKey: (keyId: string, at: Date) => session.write((manager) => releaseKey(session, manager, { keyId, at })),
    update: (binding: Binding, change: BindingChange) => update(session, binding, change),
  });
