import {
  type ApiKey,
  type ApiKeyChange,
  ConcurrentChange,
  type KeyFilter,
  type KeyListing,
  type KeyStore,
} from "@itsy/core";
import { type EntityManager, IsNull } from "typeorm";

import { orConcurrentChange } from "../reference-gone.ts";
import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";
import { insertRow } from "./insert-row.ts";
import { countKeys, listKeys } from "./key-list.ts";

const table = (manager: EntityManager) => manager.getRepository<ApiKey>("api_keys");

const update = async (manager: EntityManager, key: ApiKey, change: ApiKeyChange): Promise<ApiKey> => {
  const next = { ...definedOnly(change), version: key.version + 1 };
  // `affected` counts the rows found on every driver: the version makes each of them a changed one anyway.
  const { affected } = await table(manager).update(
    { id: key.id, workspaceId: key.workspaceId, version: key.version },
    next,
  );
  if (affected !== 1) throw new ConcurrentChange("the key");
  return { ...key, ...next };
};

export const createKeyStore = (session: Session): KeyStore =>
  Object.freeze({
    insert: async (key: ApiKey) => {
      await orConcurrentChange(
        "the project of a new key",
        session.write((manager) => insertRow(manager, "api_keys", key)),
      );
      session.keyCreated(key.id);
    },
    findById: (workspaceId: string, id: string) =>
      session.read((manager) => table(manager).findOneBy({ id, workspaceId })),
    update: async (key: ApiKey, change: ApiKeyChange) => {
      const changed = await session.write((manager) => update(manager, key, change));
      session.keyChanged(key.id);
      return changed;
    },
    announce: (keyId: string) => session.keyChanged(keyId),
    countNotRevoked: (workspaceId: string) =>
      session.read((manager) => table(manager).countBy({ workspaceId, revokedAt: IsNull() })),
    delete: async (key: ApiKey) => {
      const { id, workspaceId, version } = key;
      const { affected } = await session.write((manager) => table(manager).delete({ id, workspaceId, version }));
      if (affected !== 1) throw new ConcurrentChange("the key");
      session.keyChanged(id);
    },
    list: (filter: KeyFilter, listing: KeyListing) => session.read((manager) => listKeys(manager, filter, listing)),
    count: (filter: KeyFilter) => session.read((manager) => countKeys(manager, filter)),
  });
