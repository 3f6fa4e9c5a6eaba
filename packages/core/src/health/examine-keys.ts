import type { KeyHealth } from "@itsy/contract";

import type { ApiKey, Project, SecretVersion } from "../entities.ts";
import { instantTextOrNull } from "../instant-text.ts";
import { keyStatus } from "../keys/key-status.ts";
import { versionState } from "../keys/secret-version.ts";
import { ConcurrentChange, type Stores } from "../ports.ts";
import { hourOf } from "../usage/hour.ts";
import { findingsOf, type HealthTerms } from "./findings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface Examination {
  readonly stores: Stores;
  readonly terms: HealthTerms;
  readonly now: Date;
}

type Counts = ReadonlyMap<string, number>;

/** What is known of one key beside it. */
interface Beside {
  readonly project: Project | undefined;
  readonly versions: readonly SecretVersion[];
  readonly counted: Counted;
}

interface Counted {
  /** By key and by version. */
  readonly accepted: Counts;
  readonly rateLimited: Counts;
  readonly retiring: Counts;
}

const countsOf = async (
  { stores, now }: Examination,
  keys: readonly ApiKey[],
  versions: readonly SecretVersion[],
): Promise<Counted> => {
  const from = hourOf(new Date(now.getTime() - DAY_MS));
  const keyIds = keys.map(({ id }) => id);
  const used = versions.filter(({ lastUsedAt }) => lastUsedAt !== null);
  const retiring = used.filter((version) => versionState(version, now) === "retiring").map(({ id }) => id);
  const { usage } = stores;
  return {
    accepted: await usage.requestsSince([...keyIds, ...used.map(({ id }) => id)], { outcome: "VALID", from }),
    rateLimited: await usage.requestsSince(keyIds, { outcome: "RATE_LIMITED", from }),
    // An overlap is a matter of days: whatever was counted belongs to this one.
    retiring: await usage.requestsSince(retiring, { outcome: "RETIRING", from: new Date(0) }),
  };
};

const healthOf = (
  { terms, now }: Pick<Examination, "terms" | "now">,
  key: ApiKey,
  { project, versions, counted }: Beside,
): KeyHealth => {
  const shown = versions.map((version) => {
    const state = versionState(version, now);
    return {
      revision: version.revision,
      state,
      validUntil: instantTextOrNull(version.validUntil),
      lastUsedAt: instantTextOrNull(version.lastUsedAt),
      accepted: counted.accepted.get(version.id) ?? 0,
      acceptedRetiring: state === "retiring" ? (counted.retiring.get(version.id) ?? 0) : null,
    };
  });
  const lastDay = {
    accepted: counted.accepted.get(key.id) ?? 0,
    rateLimited: counted.rateLimited.get(key.id) ?? 0,
  };
  // Its last use is one of the overlap if there was any in it.
  const oldVersionUsedAt =
    versions.find(({ id }, index) => shown[index]?.state === "retiring" && (counted.retiring.get(id) ?? 0) > 0)
      ?.lastUsedAt ?? null;
  // A project goes after its last key: both went between the reads.
  if (project === undefined) throw new ConcurrentChange("the key");
  return {
    keyId: key.id,
    project: project.slug,
    environment: key.environment,
    name: key.name,
    status: keyStatus(key, now),
    expiresAt: instantTextOrNull(key.expiresAt),
    lastUsedAt: instantTextOrNull(key.lastUsedAt),
    findings: [...findingsOf({ key, versions, ...lastDay, oldVersionUsedAt, now }, terms)],
    lastDay,
    versions: shown,
  };
};

/**
 * Looks at keys of one workspace, with a fixed number of reads however many they are.
 * @throws ConcurrentChange where a key and its project are gone by now.
 */
export const examineKeys = async (examination: Examination, keys: readonly ApiKey[]): Promise<readonly KeyHealth[]> => {
  const { stores, now } = examination;
  const workspaceId = keys[0]?.workspaceId;
  if (workspaceId === undefined) return [];
  const ids = keys.map(({ id }) => id);
  // After the keys: one that came with a project of its own has it among these.
  const projects = new Map((await stores.projects.list(workspaceId)).map((project) => [project.id, project]));
  const versions = await stores.versions.listValid(ids, now);
  const counted = await countsOf(examination, keys, versions);
  const byKey = Map.groupBy(versions, ({ keyId }) => keyId);
  return keys.map((key) => {
    const beside = { project: projects.get(key.projectId), versions: byKey.get(key.id) ?? [], counted };
    return healthOf(examination, key, beside);
  });
};
