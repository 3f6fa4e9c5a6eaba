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
  /** When a version that is on its way out was last used since it is; `null`: not once. */
  readonly oldVersionUsedAt: Date | null;
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
const IN_USE_FOR_DAYS = 1;
const OVER_LIMIT_MIN = 10;
const OVER_LIMIT_SHARE = 0.05;

const isDaysOld = (instant: Date, now: Date, days: number): boolean =>
  now.getTime() - instant.getTime() >= days * DAY_MS;

/** The most pressing first. */
const finders: readonly (readonly [KeyFinding, Finds])[] = [
  ["LEAKED", ({ versions }) => versions.some(({ leakedAt }) => leakedAt !== null)],
  [
    "OLD_VERSION_IN_USE",
    ({ oldVersionUsedAt, now }) => oldVersionUsedAt !== null && !isDaysOld(oldVersionUsedAt, now, IN_USE_FOR_DAYS),
  ],
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

/** An expired key works again once it gets a later expiry, with the secrets that it has. */
const OF_EXPIRED: ReadonlySet<KeyFinding> = new Set(["LEAKED", "OLD_PEPPER"]);

/** What somebody should look at. Nothing in a revoked key: it will never work again. */
export const findingsOf = (facts: HealthFacts, terms: HealthTerms): readonly KeyFinding[] => {
  const status = keyStatus(facts.key, facts.now);
  if (status === "revoked") return [];
  return finders
    .filter(([finding, finds]) => (status !== "expired" || OF_EXPIRED.has(finding)) && finds(facts, terms))
    .map(([finding]) => finding);
};
