import { type Environment, grants, RateLimitState, Verification, type VerifyInput } from "@itsy/contract";

import type { Accepted, Refused, VerifierRefusalCode } from "./answer.ts";

/** What is known of the key before the service says anything. */
export interface Expected {
  /** The environment that stands in the secret. */
  readonly environment: Environment;
  /** The project that the caller required. */
  readonly project: string | undefined;
  /** The permissions that the caller required. */
  readonly permissions: VerifyInput["permissions"];
}

const knownCodes: ReadonlySet<unknown> = new Set<VerifierRefusalCode>([
  "NOT_FOUND",
  "REVOKED",
  "PAUSED",
  "EXPIRED",
  "FORBIDDEN",
  "INSUFFICIENT_PERMISSIONS",
  "RATE_LIMITED",
  "QUOTA_EXCEEDED",
]);

/**
 * A "no" is believed more easily than a "yes": whatever says `valid: false` is a refusal, even with a code or fields
 * that a later version of the service invented. Were it unavailability, a middleware might let it pass.
 */
const readRefusal = (body: object): Refused => {
  const { code, retryAfterMs, rateLimit } = body as Record<string, unknown>;
  const state = RateLimitState.safeParse(rateLimit);
  return {
    outcome: "refused",
    code: knownCodes.has(code) ? (code as VerifierRefusalCode) : "UNRECOGNISED",
    ...(Number.isSafeInteger(retryAfterMs) && { retryAfterMs: Math.max(0, retryAfterMs as number) }),
    ...(state.success && { rateLimit: state.data }),
  };
};

/** What the body of a 200 says; `null` when the service cannot have said it of this secret. */
export const readAnswer = (body: unknown, expected: Expected): Accepted | Refused | null => {
  if (typeof body !== "object" || body === null) return null;
  if ("valid" in body && body.valid === false) return readRefusal(body);
  const parsed = Verification.safeParse(body);
  if (!parsed.success || !parsed.data.valid) return null;
  const { valid: _, rateLimit, ...key } = parsed.data;
  // The answer to another question, for example from a cache that does not look at bodies.
  if (key.environment !== expected.environment) return null;
  if (expected.project !== undefined && key.project !== expected.project) return null;
  const permissions = new Set(key.permissions);
  if (expected.permissions?.some((name) => !grants(permissions, name))) return null;
  return { outcome: "accepted", key: Object.freeze(key), rateLimit };
};
