import { z } from "zod";

import { Environment } from "./environment.ts";
import { IpAddress } from "./ip-rules.ts";
import { Permissions, RequiredPermissions } from "./permissions.ts";
import { DisplayName, KeyId, Slug } from "./primitives.ts";

/** As high as the highest limit. */
export const RequestCost = z.int().min(1).max(1_000_000);

export const VerifyInput = z.strictObject({
  /** What the caller presented. Anything that is not a secret of ours is answered `NOT_FOUND`, not an error. */
  secret: z.string().max(4096),
  /** Refuse keys of another environment with `FORBIDDEN`. */
  environment: Environment.optional(),
  /** Refuse keys of another project with `FORBIDDEN`. */
  project: Slug.optional(),
  /** Refuse keys that lack one of them with `INSUFFICIENT_PERMISSIONS`. */
  permissions: RequiredPermissions.optional(),
  /**
   * From where the key was presented. Without it, a key that has IP rules is refused with `FORBIDDEN`: a resource server
   * that forgets to say so must not switch them off.
   */
  ip: IpAddress.optional(),
  /**
   * As how many requests it counts (default 1). More than the key's limit is refused with `RATE_LIMITED`, more than its
   * workspace's monthly quota with `QUOTA_EXCEEDED`, whenever it comes, and so without `retryAfterMs`.
   */
  cost: RequestCost.optional(),
});
export type VerifyInput = z.infer<typeof VerifyInput>;

/** Why a key is refused, in the order in which the checks run. */
export const RefusalCode = z.enum([
  "NOT_FOUND",
  "REVOKED",
  "PAUSED",
  "EXPIRED",
  "FORBIDDEN",
  "INSUFFICIENT_PERMISSIONS",
  "QUOTA_EXCEEDED",
  "RATE_LIMITED",
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

export const RateLimitState = z.object({
  /** Requests accepted in any 60 seconds. */
  limit: z.int(),
  /** Requests that would be accepted right now. */
  remaining: z.int(),
  /** Milliseconds until `remaining` equals `limit` again if no request comes. */
  resetMs: z.int(),
});
export type RateLimitState = z.infer<typeof RateLimitState>;

/** The answer to "is this key good, whose is it, may it go on?". A refusal is an answer, not an error. */
export const Verification = z.discriminatedUnion("valid", [
  z.object({
    valid: z.literal(true),
    keyId: KeyId,
    workspace: Slug,
    project: Slug,
    environment: Environment,
    name: DisplayName,
    /** Whose key it is, as its people wrote it. */
    owner: z.string().nullable().default(null),
    metadata: z.record(z.string(), z.string()).default({}),
    /** All that the key has, for what is decided later than this question. */
    permissions: Permissions.default([]),
    rateLimit: RateLimitState,
  }),
  z.object({
    valid: z.literal(false),
    code: RefusalCode,
    /**
     * With `RATE_LIMITED` and `QUOTA_EXCEEDED`: milliseconds until this request can be accepted; not there when waiting
     * does not help.
     */
    retryAfterMs: z.int().optional(),
    /** With `RATE_LIMITED`, where the limiter knows it. */
    rateLimit: RateLimitState.optional(),
  }),
]);
export type Verification = z.infer<typeof Verification>;
