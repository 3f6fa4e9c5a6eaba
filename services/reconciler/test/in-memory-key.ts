import type { DeliverySettings, DeliveryView, RegisterInput, VersionState } from "@itsy/contract";

export interface Version {
  readonly revision: number;
  readonly sha256: string;
  readonly displayPrefix: string;
  confirmedAt: number | null;
  lastUsedAt: number | null;
  /** Since it is on its way out. */
  accepted: number;
  validUntil: number | null;
}

export interface Key {
  readonly keyId: string;
  readonly place: Pick<RegisterInput, "workspace" | "project" | "environment">;
  settings: DeliverySettings;
  pausedByPerson: boolean;
  revoked: boolean;
  revision: number;
  latestRevision: number;
  displayPrefix: string | null;
  readonly versions: Version[];
}

type View = NonNullable<DeliveryView["key"]>;

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export const stateOf = ({ confirmedAt, validUntil }: Version, nowMs: number): VersionState => {
  if (validUntil !== null && validUntil <= nowMs) return "ended";
  if (confirmedAt === null) return "pending";
  return validUntil === null ? "current" : "retiring";
};

export const statusOf = (key: Key, nowMs: number) => {
  if (key.revoked) return "revoked" as const;
  if (key.pausedByPerson || key.settings.paused) return "paused" as const;
  const { expiresAt } = key.settings;
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? ("expired" as const) : ("active" as const);
};

export const retiringVersion = (key: Key, nowMs: number) =>
  key.versions.find((version) => stateOf(version, nowMs) === "retiring");

export const retiringUntil = (key: Key, nowMs: number): string | null =>
  iso(retiringVersion(key, nowMs)?.validUntil ?? null);

const retiringOf = (key: Key, nowMs: number): View["retiring"] => {
  const { revision = 0, validUntil = null, lastUsedAt = null, accepted = 0 } = retiringVersion(key, nowMs) ?? {};
  const until = iso(validUntil);
  return until === null ? null : { revision, validUntil: until, lastUsedAt: iso(lastUsedAt), accepted };
};

/** What the contract shows of a key. */
export const viewOf = (key: Key, nowMs: number): View => {
  const current = key.versions.find((version) => stateOf(version, nowMs) === "current");
  const { keyId, place, settings, pausedByPerson, displayPrefix, revision, latestRevision } = key;
  return {
    keyId,
    ...place,
    settings,
    pausedByPerson,
    displayPrefix,
    revision,
    latestRevision,
    status: statusOf(key, nowMs),
    rotatedAt: iso(current?.confirmedAt ?? null),
    retiringUntil: retiringUntil(key, nowMs),
    retiring: retiringOf(key, nowMs),
  };
};

/** What it shows of those of the key's versions that are asked for. */
export const candidatesOf = (
  key: Key,
  { candidates, nowMs }: { readonly candidates: readonly string[]; readonly nowMs: number },
): DeliveryView["candidates"] =>
  key.versions
    .filter(({ sha256 }) => candidates.includes(sha256))
    .map((version) => ({
      secretSha256: version.sha256,
      revision: version.revision,
      state: stateOf(version, nowMs),
      validUntil: iso(version.validUntil),
    }));
