import { z } from "zod";

import { Everywhere } from "./everywhere.ts";
import { PageLimit, Slug, Timestamp } from "./primitives.ts";

export const PepperVersion = z.int().min(1).max(999_999_999);

/** One pepper, by its version; never the pepper itself. */
export const PepperView = z.object({
  version: PepperVersion,
  /** To the replica that answers: what it digests new secrets with, what it looks up as well, what it lacks. */
  here: z.enum(["current", "live", "missing"]),
  /** Secret versions that still work and are stored under it. Those of a paused or expired key count: it may come back. */
  secrets: z.int().min(0),
  /** Management tokens that still work and are stored under it. */
  tokens: z.int().min(0),
  /** When a replica that had it first started; `null` for one that none ever told. */
  firstSeenAt: Timestamp.nullable(),
  retiredAt: Timestamp.nullable(),
});
export type PepperView = z.infer<typeof PepperView>;

/** By version. */
export const PepperReport = z.object({ peppers: z.array(PepperView) });
export type PepperReport = z.infer<typeof PepperReport>;

export const PepperHoldersInput = z.strictObject({
  version: PepperVersion,
  limit: PageLimit,
  /** `nextCursor` of the page before. */
  cursor: z
    .string()
    .regex(/^(?:ver|tok)_[0-9a-z]{26}$/, "must be the nextCursor of a page")
    .optional(),
});
export type PepperHoldersInput = z.infer<typeof PepperHoldersInput>;

/** Keys and tokens that still need a pepper: what an operator tells the workspaces to rotate or revoke. */
export const PepperHolders = z.object({
  holders: z.array(
    z.object({
      type: z.enum(["key", "token"]),
      id: z.string(),
      /** `null`: a token of the installation or of a cluster. */
      workspace: Slug.nullable(),
      displayPrefix: z.string(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
export type PepperHolders = z.infer<typeof PepperHolders>;

/** What more may be ended with a pepper in one call. */
export const PEPPER_CONFIRM_MAX = 500;

export const RetirePepperInput = z.strictObject({
  version: PepperVersion,
  /** `secrets` and `tokens` of the report, added up: ends them. Left out, a pepper that is in use is not retired. */
  confirmCount: z.int().min(1).max(PEPPER_CONFIRM_MAX).optional(),
});
export type RetirePepperInput = z.infer<typeof RetirePepperInput>;

/** The pepper as it is now, and whether the end of what it held is known everywhere. */
export const RetiredPepper = PepperView.extend(Everywhere.shape);
export type RetiredPepper = z.infer<typeof RetiredPepper>;
