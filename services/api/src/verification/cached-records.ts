import { hash } from "node:crypto";

import {
  createCachedLookup,
  type MonotonicMs,
  type RecordCache,
  type RecordSource,
  type VerificationLookup,
  type VerificationRecord,
} from "@itsy/core";
import { digestsOf, type PepperRing } from "@itsy/key-format";

/** Records from memory where that can be trusted, else from the database. */
export interface CachedRecords extends RecordSource {
  /** How many secrets were answered from memory so far, and for how many the database was asked. */
  readonly lookups: { readonly hits: number; readonly misses: number };
}

export interface CachedRecordsDeps {
  readonly cache: RecordCache<VerificationRecord>;
  readonly lookup: VerificationLookup;
  readonly peppers: PepperRing;
  readonly monotonicMs: MonotonicMs;
}

/** Secrets are remembered by their SHA-256. Times (expiry, the end of an overlap) are looked at on every use. */
export const createCachedRecords = ({ cache, lookup, peppers, monotonicMs }: CachedRecordsDeps): CachedRecords => {
  const lookups = { hits: 0, misses: 0 };
  const find = createCachedLookup({
    cache,
    monotonicMs,
    lookup: (sha256) => lookup.find(digestsOf(peppers, Buffer.from(sha256, "latin1")).map(({ digest }) => digest)),
  });
  return Object.freeze({
    find: (secret: string) => {
      const found = find(hash("sha256", secret, "binary"));
      if (found instanceof Promise) lookups.misses += 1;
      else lookups.hits += 1;
      return found;
    },
    lookups,
  });
};
