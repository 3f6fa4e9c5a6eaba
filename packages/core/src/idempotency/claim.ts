import { secretSha256 } from "@itsy/key-format";

import type { IdempotencyRecord } from "../entities.ts";

/** A caller's word that its calls under one name are one call. */
export type Claim = Pick<IdempotencyRecord, "workspaceId" | "procedure" | "digest" | "fingerprint">;

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, canonical(inner)]));
};

/** The claim that an input makes; `null` without an idempotency key. Neither the key nor the input can be read from it. */
export const claimOf = (
  place: Pick<Claim, "workspaceId" | "procedure">,
  input: { readonly idempotencyKey?: string | undefined },
): Claim | null => {
  const { idempotencyKey, ...rest } = input;
  if (idempotencyKey === undefined) return null;
  return {
    ...place,
    digest: secretSha256(idempotencyKey),
    fingerprint: secretSha256(JSON.stringify(canonical(rest))),
  };
};
