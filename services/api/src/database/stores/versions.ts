import type { SecretVersion, VersionStore } from "@itsy/core";
import { type EntityManager, In, IsNull, MoreThan } from "typeorm";

import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";

type VersionChange = Partial<Pick<SecretVersion, "confirmedAt" | "validUntil" | "leakedAt">>;

const table = (manager: EntityManager) => manager.getRepository<SecretVersion>("secret_versions");

const listValid = (manager: EntityManager, keyIds: readonly string[], at: Date): Promise<SecretVersion[]> => {
  const keyId = In([...keyIds]);
  return table(manager).find({
    where: [
      { keyId, validUntil: IsNull() },
      { keyId, validUntil: MoreThan(at) },
    ],
    order: { keyId: "ASC", revision: "ASC", id: "ASC" },
  });
};

export const createVersionStore = (session: Session): VersionStore => {
  // Most versions that are updated were read or inserted in the same transaction: their keys need no further read.
  const keyIds = new Map<string, string>();
  const seen = <Version extends SecretVersion | null>(version: Version): Version => {
    if (version !== null) keyIds.set(version.id, version.keyId);
    return version;
  };
  const keyIdOf = async (id: string): Promise<string | undefined> =>
    keyIds.get(id) ??
    (await session.read((manager) => table(manager).findOne({ select: { keyId: true }, where: { id } })))?.keyId;

  return Object.freeze({
    insert: async (version: SecretVersion) => {
      await session.insertRow("secret_versions", version);
      session.keyChanged(seen(version).keyId);
    },
    listValid: async (ids: readonly string[], at: Date) => {
      if (ids.length === 0) return [];
      return (await session.read((manager) => listValid(manager, ids, at))).map(seen);
    },
    findByDigest: async (digests: readonly Uint8Array[]) =>
      seen(await session.read((manager) => table(manager).findOneBy({ digest: In([...digests]) }))),
    update: async (id: string, change: VersionChange) => {
      const set = definedOnly(change);
      if (Object.keys(set).length === 0) return;
      await session.write((manager) => table(manager).update({ id }, set));
      const keyId = await keyIdOf(id);
      if (keyId !== undefined) session.keyChanged(keyId);
    },
    deleteOf: async (keyId: string) => {
      await session.write((manager) => table(manager).delete({ keyId }));
      session.keyChanged(keyId);
    },
  });
};
