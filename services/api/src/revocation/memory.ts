import type { Actor } from "@itsy/core";
import {
  createRecordCache,
  type ManagementToken,
  type OfKey,
  type RecordCache,
  type VerificationRecord,
} from "@itsy/core";

/** A live token as it was read, under the name that an eviction uses. */
export interface KnownToken extends OfKey {
  readonly token: ManagementToken;
  readonly actor: Actor;
}

/** What this process remembers: records of secrets, and the tokens of callers. Evicted and trusted together. */
export interface Memory {
  readonly records: RecordCache<VerificationRecord>;
  readonly tokens: RecordCache<KnownToken>;
  readonly all: Pick<RecordCache<OfKey>, "evict" | "dropAll" | "trustUntil" | "distrust">;
}

const TOKENS_MAX = 1000;

export const createMemory = ({ entriesMax }: { readonly entriesMax: number }): Memory => {
  const records = createRecordCache<VerificationRecord>({ entriesMax });
  const tokens = createRecordCache<KnownToken>({ entriesMax: TOKENS_MAX });
  const caches = [records, tokens];
  return Object.freeze({
    records,
    tokens,
    all: Object.freeze({
      evict: (ids: readonly string[]) => caches.forEach((cache) => cache.evict(ids)),
      dropAll: () => caches.forEach((cache) => cache.dropAll()),
      trustUntil: (untilMs: number) => caches.forEach((cache) => cache.trustUntil(untilMs)),
      distrust: () => caches.forEach((cache) => cache.distrust()),
    }),
  });
};
