import { bytesOfRecord, createRecordCache, type OfKey, type RecordCache, type VerificationRecord } from "@itsy/core";

import type { KnownToken } from "../access/token-cache.ts";

/** What this process remembers: records of secrets, and the tokens of callers. Evicted and trusted together. */
export interface Memory {
  readonly records: RecordCache<VerificationRecord>;
  readonly tokens: RecordCache<KnownToken>;
  readonly all: Pick<RecordCache<OfKey>, "evict" | "dropAll" | "trustUntil" | "distrust">;
}

const TOKENS_MAX = 1000;

export interface MemorySettings {
  /** How many secrets are remembered. */
  readonly entriesMax: number;
  /** How much memory what is known of them may take. */
  readonly bytesMax: number;
  /** How long memory outlasts its lease while the database cannot be asked. */
  readonly graceMs: number;
}

export const createMemory = ({ entriesMax, bytesMax, graceMs }: MemorySettings): Memory => {
  const records = createRecordCache<VerificationRecord>({ entriesMax, bytesMax, bytesOf: bytesOfRecord, graceMs });
  const tokens = createRecordCache<KnownToken>({ entriesMax: TOKENS_MAX, graceMs });
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
