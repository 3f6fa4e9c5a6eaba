import type { OfKey } from "../revocation/record-cache.ts";

/** A secret or a token that was presented, and found under an old pepper. */
export interface OldPepper extends OfKey {
  readonly kind: "secret" | "token";
  /** 32 bytes. */
  readonly secretSha256: Uint8Array;
  readonly pepperVersion: number;
}

/**
 * Only a lower number is old: while `PEPPER_CURRENT` moves from replica to replica, one that still stores under the
 * number before would else move back what the others moved.
 */
export const isOldPepper = (pepperVersion: number, current: number): boolean => pepperVersion < current;
