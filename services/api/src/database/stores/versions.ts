import type { SecretVersion, VersionStore } from "@itsy/core";
import { type EntityManager, IsNull } from "typeorm";

import { placeholders } from "../id-list.ts";
import type { RowCondition } from "../plain-rows.ts";
import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";

type VersionChange = Partial<Pick<SecretVersion, "confirmedAt" | "validUntil">>;

const table = (manager: EntityManager) => manager.getRepository<SecretVersion>("secret_versions");

const validOf = (keyIds: readonly string[], at: Date): RowCondition<SecretVersion> => ({
  sql: `key_id IN (${placeholders(keyIds.length)}) AND (valid_until IS NULL OR valid_until > ?) ORDER BY key_id, revision, id`,
  values: [...keyIds.map((id) => ["keyId", id] as const), ["validUntil", at]],
});

const withDigestOf = (digests: readonly Uint8Array[]): RowCondition<SecretVersion> => ({
  sql: `digest IN (${placeholders(digests.length)}) LIMIT 1`,
  values: digests.map((digest) => ["digest", digest]),
});

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
      await session.insertRow("secret_versions", version, { refersTo: "the key" });
      session.keyChanged(seen(version).keyId);
    },
    listValid: async (ids: readonly string[], at: Date) => {
      if (ids.length === 0) return [];
      return (await session.findRows("secret_versions", validOf(ids, at))).map(seen);
    },
    findByDigest: async (digests: readonly Uint8Array[]) => {
      if (digests.length === 0) return null;
      return seen((await session.findRows("secret_versions", withDigestOf(digests)))[0] ?? null);
    },
    update: async (id: string, change: VersionChange) => {
      const set = definedOnly(change);
      if (Object.keys(set).length === 0) return;
      await session.updateRows<SecretVersion>("secret_versions", { id }, set);
      const keyId = await keyIdOf(id);
      if (keyId !== undefined) session.keyChanged(keyId);
    },
    markLeaked: async (id: string, leakedAt: Date) => {
      const { affected } = await session.write((manager) =>
        table(manager).update({ id, leakedAt: IsNull() }, { leakedAt }),
      );
      if (affected !== 1) return false;
      const keyId = await keyIdOf(id);
      if (keyId !== undefined) session.keyChanged(keyId);
      return true;
    },
    deleteOf: async (keyId: string) => {
      await session.write((manager) => table(manager).delete({ keyId }));
      session.keyChanged(keyId);
    },
  });
};
