import type { RateLimitState } from "@itsy/contract";

/** What a limit counts in: permits in any so many milliseconds. */
export const WINDOW_MS = 60_000;

/** A cost above the limit is refused whenever it comes: its `retryAfterMs`, a whole window, promises nothing. */
export type RateDecision =
  | { readonly accepted: true; readonly state: RateLimitState }
  | { readonly accepted: false; readonly retryAfterMs: number; readonly state: RateLimitState };

export interface RateLimiter {
  /**
   * Takes permits of the key if its limit allows it: at once when permits or a refusal are at hand, otherwise after
   * asking the database. Requests of one key are judged in the order in which they came.
   * `limit` is what the key's record says, in permits in any 60 seconds; `cost` (1 unless told) a whole number, at
   * least 1. A cost above the limit is refused, whenever it is asked for.
   * Rejects with `RateLimitUnavailable` when the database has to be asked and cannot be.
   */
  take(keyId: string, limit: number, cost?: number): RateDecision | Promise<RateDecision>;
}
