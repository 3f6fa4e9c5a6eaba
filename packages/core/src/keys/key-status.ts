import type { KeyStatus } from "@itsy/contract";

import type { ApiKey } from "../entities.ts";

/** The status of a key at an instant: what is final comes first. */
export const keyStatus = (key: Pick<ApiKey, "revokedAt" | "pausedAt" | "expiresAt">, at: Date): KeyStatus => {
  if (key.revokedAt !== null) return "revoked";
  if (key.expiresAt !== null && key.expiresAt <= at) return "expired";
  if (key.pausedAt !== null) return "paused";
  return "active";
};
