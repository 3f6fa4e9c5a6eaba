import { z } from "zod";

import { Environment } from "./environment.ts";
import { DisplayName, KeyId, Slug } from "./primitives.ts";

export const VerifyInput = z.strictObject({
  /** What the caller presented. Anything that is not a secret of ours is answered `NOT_FOUND`, not an error. */
  secret: z.string().max(4096),
  /** Refuse keys of another environment with `FORBIDDEN`. */
  environment: Environment.optional(),
  /** Refuse keys of another project with `FORBIDDEN`. */
  project: Slug.optional(),
});
export type VerifyInput = z.infer<typeof VerifyInput>;

/** Why a key is refused, in the order in which the checks run. */
export const RefusalCode = z.enum(["NOT_FOUND", "REVOKED", "PAUSED", "EXPIRED", "FORBIDDEN", "RATE_LIMITED"]);
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
    rateLimit: RateLimitState,
  }),
  z.object({
    valid: z.literal(false),
    code: RefusalCode,
    /** With `RATE_LIMITED`: milliseconds until the next request can be accepted. */
    retryAfterMs: z.int().optional(),
    /** With `RATE_LIMITED`, where the limiter knows it. */
    rateLimit: RateLimitState.optional(),
  }),
]);
export type Verification = z.infer<typeof Verification>;
