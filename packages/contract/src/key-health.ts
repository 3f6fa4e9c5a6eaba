import { z } from "zod";

import { VersionState } from "./delivery.ts";
import { Environment } from "./environment.ts";
import { KeyStatus } from "./keys.ts";
import { DisplayName, KeyId, PageLimit, Slug, Timestamp } from "./primitives.ts";

/** What somebody should look at in a key that works or is paused; in an expired one only `LEAKED` and `OLD_PEPPER`. */
export const KeyFinding = z.enum([
  /** A secret of it that works was found in public. */
  "LEAKED",
  /** The version before the current one was used in the last 24 hours, since it is on its way out. */
  "OLD_VERSION_IN_USE",
  "EXPIRES_SOON",
  /** In the last 24 hours at least 10 requests, and one in 20, were beyond its rate limit. */
  "OVER_LIMIT_OFTEN",
  /** Made more than a day ago. */
  "NEVER_USED",
  /** Used, but not for `idleDays`. */
  "IDLE",
  "NEVER_EXPIRES",
  /** A secret of it is stored under an old pepper, since nobody has used it since the change. */
  "OLD_PEPPER",
]);
export type KeyFinding = z.infer<typeof KeyFinding>;

const DAYS_MAX = 3650;

export const KeyHealthInput = z.strictObject({
  /** Only this key, whatever is found. */
  keyId: KeyId.optional(),
  /** Only keys with this finding. */
  finding: KeyFinding.optional(),
  idleDays: z.int().min(1).max(DAYS_MAX).default(30),
  expiresWithinDays: z.int().min(1).max(DAYS_MAX).default(14),
  limit: PageLimit,
  /** `nextCursor` of the page before. */
  cursor: KeyId.optional(),
});
export type KeyHealthInput = z.infer<typeof KeyHealthInput>;

export const KeyHealth = z.object({
  keyId: KeyId,
  project: Slug,
  environment: Environment,
  name: DisplayName,
  status: KeyStatus,
  expiresAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable(),
  /** The most pressing first; empty where all is well. */
  findings: z.array(KeyFinding),
  /** In the last 24 hours, from the start of an hour. */
  lastDay: z.object({ accepted: z.int(), rateLimited: z.int() }),
  /** Those that work. */
  versions: z.array(
    z.object({
      revision: z.int(),
      state: VersionState,
      validUntil: Timestamp.nullable(),
      lastUsedAt: Timestamp.nullable(),
      /** Accepted in the last 24 hours. */
      accepted: z.int(),
      /** Accepted since the version is on its way out; `null` where it is not. */
      acceptedRetiring: z.int().nullable(),
    }),
  ),
});
export type KeyHealth = z.infer<typeof KeyHealth>;

export const KeyHealthPage = z.object({
  /** The newest first, those without any finding left out. A page may be short, or empty, before the last one. */
  keys: z.array(KeyHealth),
  /** On the first page of a workspace: how many of its keys have each finding. */
  counts: z
    .object({
      /** Keys that were looked at, the newest first. */
      checked: z.int(),
      /** `false`: there are more, which the counts leave out. */
      complete: z.boolean(),
      findings: z.record(KeyFinding, z.int()),
    })
    .nullable(),
  nextCursor: KeyId.nullable(),
});
export type KeyHealthPage = z.infer<typeof KeyHealthPage>;
