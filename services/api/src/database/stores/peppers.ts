import {
  ConcurrentChange,
  type ManagementToken,
  type PepperHolder,
  type PepperStore,
  type PepperUsage,
  type Repepper,
  type SecretVersion,
  type StoredPepper,
} from "@itsy/core";
import { type EntityManager, IsNull, MoreThan } from "typeorm";

import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<StoredPepper>("peppers");
const versions = (manager: EntityManager) => manager.getRepository<SecretVersion>("secret_versions");
const tokens = (manager: EntityManager) => manager.getRepository<ManagementToken>("management_tokens");

/** The tables with a pepper version, and what of them works at `:at`. */
const sources = {
  secrets: { name: "secret_versions", working: "(s.validUntil IS NULL OR s.validUntil > :at)" },
  tokens: { name: "management_tokens", working: "s.revokedAt IS NULL AND (s.expiresAt IS NULL OR s.expiresAt > :at)" },
} as const;

const workingIn = (manager: EntityManager, source: keyof typeof sources, at: Date) =>
  manager
    .getRepository<SecretVersion | ManagementToken>(sources[source].name)
    .createQueryBuilder("s")
    .where(sources[source].working, { at: at.getTime() });

const countsOf = async (manager: EntityManager, source: keyof typeof sources, at: Date) => {
  const rows = await workingIn(manager, source, at)
    .select("s.pepperVersion", "version")
    .addSelect("COUNT(*)", "working")
    .groupBy("s.pepperVersion")
    .getRawMany<{ version: number; working: number | string }>();
  return new Map(rows.map(({ version, working }) => [version, Number(working)]));
};

const usage = async (manager: EntityManager, at: Date): Promise<readonly PepperUsage[]> => {
  const secrets = await countsOf(manager, "secrets", at);
  const ofTokens = await countsOf(manager, "tokens", at);
  return [...new Set([...secrets.keys(), ...ofTokens.keys()])]
    .toSorted((a, b) => a - b)
    .map((version) => ({ version, secrets: secrets.get(version) ?? 0, tokens: ofTokens.get(version) ?? 0 }));
};

const isOtherUsed = async (manager: EntityManager, known: readonly number[], at: Date): Promise<boolean> => {
  for (const source of ["secrets", "tokens"] as const) {
    const query = workingIn(manager, source, at).andWhere("s.pepperVersion NOT IN (:...known)", { known });
    if ((await query.select("s.pepperVersion", "version").limit(1).getRawOne()) !== undefined) return true;
  }
  return false;
};

type Page = Parameters<PepperStore["holders"]>[1];

const secretHolders = async (manager: EntityManager, pepperVersion: number, page: Page): Promise<PepperHolder[]> => {
  const query = versions(manager)
    .createQueryBuilder("s")
    .innerJoin("api_keys", "k", "k.id = s.keyId")
    .select(["s.id AS place", "s.revision AS revision", "s.displayPrefix AS prefix", "k.id AS keyId"])
    .addSelect("k.workspaceId", "workspaceId")
    .where("s.pepperVersion = :pepperVersion", { pepperVersion })
    .andWhere(sources.secrets.working, { at: page.at.getTime() });
  if (page.after !== undefined) query.andWhere("s.id > :after", { after: page.after });
  const rows = await query.orderBy("s.id").limit(page.limit).getRawMany<{
    place: string;
    revision: number;
    prefix: string;
    keyId: string;
    workspaceId: string;
  }>();
  return rows.map(({ keyId: id, prefix: displayPrefix, ...rest }) => ({ type: "key", id, displayPrefix, ...rest }));
};

const tokenHolders = async (manager: EntityManager, pepperVersion: number, page: Page): Promise<PepperHolder[]> => {
  const id = page.after === undefined ? {} : { id: MoreThan(page.after) };
  const place = { pepperVersion, revokedAt: IsNull(), ...id };
  const found = await tokens(manager).find({
    where: [
      { ...place, expiresAt: IsNull() },
      { ...place, expiresAt: MoreThan(page.at) },
    ],
    order: { id: "ASC" },
    take: page.limit,
  });
  return found.map((token) => ({
    type: "token",
    id: token.id,
    workspaceId: token.workspaceId,
    displayPrefix: token.displayPrefix,
    revision: null,
    place: token.id,
  }));
};

const holders = async (manager: EntityManager, version: number, page: Page): Promise<readonly PepperHolder[]> => {
  const isBehindSecrets = page.after?.startsWith("tok_") === true;
  const secrets = isBehindSecrets ? [] : await secretHolders(manager, version, page);
  const limit = page.limit - secrets.length;
  if (limit <= 0) return secrets;
  const after = isBehindSecrets ? page.after : undefined;
  return [...secrets, ...(await tokenHolders(manager, version, { at: page.at, after, limit }))];
};

const retire = async (session: Session, version: number, retiredAt: Date): Promise<void> => {
  const { affected } = await session.write((manager) => table(manager).update({ version }, { retiredAt }));
  if (affected === 0) await session.insertRow("peppers", { version, fingerprint: null, firstSeenAt: null, retiredAt });
};

type Ending = Parameters<PepperStore["end"]>;

const end = async (session: Session, ...[{ type, id, place }, { version, endedAt }]: Ending): Promise<void> => {
  const needs = { id: place, pepperVersion: version };
  const { affected } = await session.write((manager) =>
    type === "token"
      ? tokens(manager).update({ ...needs, revokedAt: IsNull() }, { revokedAt: endedAt })
      : versions(manager).update(needs, { validUntil: endedAt }),
  );
  if (affected !== 1) throw new ConcurrentChange("what needs the pepper");
  session.keyChanged(id);
};

const repepper = async (manager: EntityManager, { kind, from, to, pepperVersion }: Repepper): Promise<boolean> => {
  const change = { digest: to, pepperVersion };
  const { affected } =
    kind === "secret"
      ? await versions(manager).update({ digest: from }, change)
      : await tokens(manager).update({ digest: from }, change);
  return affected === 1;
};

export const createPepperStore = (session: Session): PepperStore =>
  Object.freeze({
    list: () => session.read((manager) => table(manager).find({ order: { version: "ASC" } })),
    insert: (pepper: StoredPepper) => session.insertRow("peppers", pepper),
    retire: (version: number, at: Date) => retire(session, version, at),
    usage: (at: Date) => session.read((manager) => usage(manager, at)),
    isOtherUsed: (known: readonly number[], at: Date) => session.read((manager) => isOtherUsed(manager, known, at)),
    holders: (version: number, page: Page) => session.read((manager) => holders(manager, version, page)),
    end: (...ending: Ending) => end(session, ...ending),
    // Not told to anybody: what is remembered of the secret stays true.
    repepper: (change: Repepper) => session.write((manager) => repepper(manager, change)),
  });
