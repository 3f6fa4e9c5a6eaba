import {
  type ApiKey,
  type ApiKeyChange,
  ConcurrentChange,
  type KeyFilter,
  type KeyListing,
  type KeyStore,
  type SecretVersion,
} from "@itsy/core";
import type { EntityManager } from "typeorm";

import { readNotRevoked } from "../key-index/counts.ts";
import { facetNumber, stateByFacts } from "../key-index/facet.ts";
import type { StoredKey } from "../key-index/stretches.ts";
import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";
import { countKeys, listKeys } from "./key-list.ts";
import { refreshFacet, storedFacet } from "./refresh-facet.ts";

const table = (manager: EntityManager) => manager.getRepository<StoredKey>("api_keys");

const PROJECT = { refersTo: "the project of a new key" };

/** Nobody owns it yet. */
const facetOfNew = (key: ApiKey): number =>
  facetNumber({ environment: key.environment, state: stateByFacts(key), isManaged: false });

const created = (session: Session, key: ApiKey): void => {
  const { id, workspaceId, projectId } = key;
  session.counts.count({ workspaceId, projectId, facet: facetOfNew(key) }, 1);
  session.keyCreated(id);
};

const inFacet = ["pausedAt", "revokedAt", "expiresAt"] as const satisfies readonly (keyof ApiKeyChange)[];

const update = async (session: Session, key: ApiKey, change: ApiKeyChange): Promise<ApiKey> => {
  const { id, workspaceId, version } = key;
  const next = { ...definedOnly(change), version: version + 1 };
  if ((await session.updateRows<ApiKey>("api_keys", { id, workspaceId, version }, next)) !== 1)
    throw new ConcurrentChange("the key");
  if (inFacet.some((field) => change[field] !== undefined))
    await session.write((manager) => refreshFacet(session, manager, id));
  session.keyChanged(id);
  return { ...key, ...next };
};

const remove = async (session: Session, manager: EntityManager, key: ApiKey): Promise<void> => {
  const { id, workspaceId, projectId, version } = key;
  const facet = await storedFacet(manager, id);
  if (facet === null) throw new ConcurrentChange("the key");
  // Where it still has that facet, so that it is counted where it is taken from.
  const { affected } = await table(manager).delete({ id, workspaceId, version, facet });
  if (affected !== 1) throw new ConcurrentChange("the key");
  session.counts.count({ workspaceId, projectId, facet }, -1);
};

/** By workspace, the places that were taken in this transaction. */
const createPlaces = () => {
  const taken = new Map<string, number>();
  /** In one turn, so that of several that counted together each takes another place. */
  return (workspaceId: string, free: number): boolean => {
    const before = taken.get(workspaceId) ?? 0;
    if (before >= free) return false;
    taken.set(workspaceId, before + 1);
    return true;
  };
};

export const createKeyStore = (session: Session): KeyStore => {
  const take = createPlaces();
  return Object.freeze({
    insert: async (key: ApiKey) => {
      await session.insertRow("api_keys", { ...key, facet: facetOfNew(key) }, PROJECT);
      created(session, key);
    },
    insertLast: (key: ApiKey, version: SecretVersion) => {
      session.insertRowLast("api_keys", { ...key, facet: facetOfNew(key) }, PROJECT);
      session.insertRowLast("secret_versions", version);
      created(session, key);
    },
    findById: (workspaceId: string, id: string) => session.findRow<ApiKey>("api_keys", { id, workspaceId }),
    findForCluster: async (clusterId: string, id: string) => {
      const [key] = await session.findRows<ApiKey>("api_keys", {
        sql: "id = ? AND workspace_id IN (SELECT workspace_id FROM cluster_workspaces WHERE cluster_id = ?)",
        // Ids are stored alike in every table.
        values: [
          ["id", id],
          ["id", clusterId],
        ],
      });
      return key ?? null;
    },
    update: (key: ApiKey, change: ApiKeyChange) => update(session, key, change),
    announce: (keyId: string) => session.keyChanged(keyId),
    takePlace: async (workspaceId: string, max: number) => {
      const notRevoked = await session.read((manager) => readNotRevoked(manager, workspaceId));
      return take(workspaceId, max - notRevoked);
    },
    delete: async (key: ApiKey) => {
      await session.write((manager) => remove(session, manager, key));
      await session.write((manager) => manager.query("DELETE FROM key_rate WHERE key_id = ?", [key.id]));
      session.keyChanged(key.id);
    },
    list: (filter: KeyFilter, listing: KeyListing) => session.read((manager) => listKeys(manager, filter, listing)),
    count: (filter: Omit<KeyFilter, "status">) => session.read((manager) => countKeys(manager, filter)),
  });
};
