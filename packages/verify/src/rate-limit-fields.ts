import type { RateLimitState } from "@itsy/contract";

/** Names the key's own limit among the limits that a server may tell of. */
export const RATE_LIMIT_POLICY = "api-key";
const WINDOW_SECONDS = 60;

/** A duration for a header: whole seconds, rounded up, so that a client that obeys never comes too early. */
export const secondsOf = (durationMs: number): number => Math.ceil(durationMs / 1000);

const policyField = (limit: number) => `"${RATE_LIMIT_POLICY}";q=${limit};w=${WINDOW_SECONDS}`;
const limitField = (remaining: number, windowMs: number) =>
  `"${RATE_LIMIT_POLICY}";r=${remaining};t=${secondsOf(windowMs)}`;

export type HeaderFields = Readonly<Record<string, string>>;

/** What an accepted request's response says of the limit. Source: draft-ietf-httpapi-ratelimit-headers-11. */
export const acceptedFields = ({ limit, remaining, resetMs }: RateLimitState): HeaderFields => ({
  "RateLimit-Policy": policyField(limit),
  RateLimit: limitField(remaining, resetMs),
});

/**
 * What a refused request's response says of it. The window ends when `Retry-After` does: the draft wants `Retry-After`
 * never to be the earlier of the two.
 */
export const limitedFields = (retryAfterMs: number, state: RateLimitState | undefined): HeaderFields => ({
  ...(state !== undefined && { "RateLimit-Policy": policyField(state.limit) }),
  // Something remains where the request costs more than that.
  RateLimit: limitField(state?.remaining ?? 0, retryAfterMs),
});
