import type { VersionState } from "@itsy/contract";
import { digestWith } from "@itsy/key-format";

import type { DomainDeps } from "../deps.ts";
import type { SecretVersion } from "../entities.ts";

/** What a version is at an instant (the table at `SecretVersion`). */
export const versionState = (version: Pick<SecretVersion, "confirmedAt" | "validUntil">, at: Date): VersionState => {
  if (version.validUntil === null) return "current";
  if (version.validUntil <= at) return "ended";
  return version.confirmedAt === null ? "pending" : "retiring";
};

export const earlier = (a: Date | null, b: Date): Date => (a !== null && a < b ? a : b);

export const addMs = (instant: Date, ms: number): Date => new Date(instant.getTime() + ms);

/** The stored form of a version: the digest under the current pepper. */
export const newVersion = (
  deps: Pick<DomainDeps, "ids" | "peppers">,
  version: Omit<SecretVersion, "id" | "digest" | "pepperVersion" | "lastUsedAt" | "leakedAt"> & {
    readonly secretSha256: Uint8Array;
  },
): SecretVersion => {
  const { secretSha256, ...rest } = version;
  const pepperVersion = deps.peppers.current;
  return {
    ...rest,
    id: deps.ids.next("ver"),
    digest: digestWith(deps.peppers, pepperVersion, secretSha256),
    pepperVersion,
    lastUsedAt: null,
    leakedAt: null,
  };
};
