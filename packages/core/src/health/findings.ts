import type { KeyFinding } from "@itsy/contract";

import type { ApiKey, SecretVersion } from "../entities.ts";
import { keyStatus } from "../keys/key-status.ts";
import { isOldPepper } from "../peppers/old-pepper.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** What is known of a key at an instant. */
export interface HealthFacts {
  readonly key: Pick<ApiKey, "createdAt" | "lastUsedAt" | "expiresAt" | "pausedAt" | "revokedAt">;
  /** Those that work. */
  readonly versions: readonly Pick<SecretVersion, "pepperVersion" | "leakedAt">[];
  /** In the last 24 hours. */
  readonly accepted: number;
  readonly rateLimited: number;
  /** Requests of the version before the current one, since it is on its way out. */
  readonly acceptedRetiring: number;
  readonly now: Date;
}

/** What counts as too long or too old. */
export interface HealthTerms {
  readonly idleDays: number;
  readonly expiresWithinDays: number;
  readonly pepperCurrent: number;
}

type Finds = (facts: HealthFacts, terms: HealthTerms) => boolean;

const UNUSED_AFTER_DAYS = 1;
const OVER_LIMIT_MIN = 10;
const OVER_LIMIT_SHARE = 0.05;

const isDaysOld = (instant: Date, now: Date, days: number): boolean =>
  now.getTime() - instant.getTime() >= days * DAY_MS;

/** The most pressing first. */
const finders: readonly (readonly [KeyFinding, Finds])[] = [
  ["LEAKED", ({ versions }) => versions.some(({ leakedAt }) => leakedAt !== null)],
  ["OLD_VERSION_IN_USE", ({ acceptedRetiring }) => acceptedRetiring > 0],
  [
    "EXPIRES_SOON",
    ({ key: { expiresAt }, now }, { expiresWithinDays }) =>
      expiresAt !== null && expiresAt.getTime() - now.getTime() <= expiresWithinDays * DAY_MS,
  ],
  [
    "OVER_LIMIT_OFTEN",
    ({ accepted, rateLimited }) =>
      rateLimited >= OVER_LIMIT_MIN && rateLimited >= (accepted + rateLimited) * OVER_LIMIT_SHARE,
  ],
  [
    "NEVER_USED",
    ({ key: { createdAt, lastUsedAt }, now }) => lastUsedAt === null && isDaysOld(createdAt, now, UNUSED_AFTER_DAYS),
  ],
  ["IDLE", ({ key: { lastUsedAt }, now }, { idleDays }) => lastUsedAt !== null && isDaysOld(lastUsedAt, now, idleDays)],
  ["NEVER_EXPIRES", ({ key: { expiresAt } }) => expiresAt === null],
  [
    "OLD_PEPPER",
    ({ versions }, { pepperCurrent }) =>
      versions.some(({ pepperVersion }) => isOldPepper(pepperVersion, pepperCurrent)),
  ],
];

/** What somebody should look at. Nothing in a key that will never work again. */
export const findingsOf = (facts: HealthFacts, terms: HealthTerms): readonly KeyFinding[] => {
  const status = keyStatus(facts.key, facts.now);
  if (status === "revoked" || status === "expired") return [];
  return finders.filter(([, finds]) => finds(facts, terms)).map(([finding]) => finding);
};
