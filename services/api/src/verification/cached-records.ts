import { hash } from "node:crypto";

import {
  createCachedLookup,
  isOldPepper,
  type MonotonicMs,
  type OldPepper,
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
  /** Told of each secret that is presented, and known under an old pepper. */
  readonly onOldPepper: (found: OldPepper) => void;
  readonly isCutOff: () => boolean;
}

/** Secrets are remembered by their SHA-256. Times (expiry, the end of an overlap) are looked at on every use. */
export const createCachedRecords = (deps: CachedRecordsDeps): CachedRecords => {
  const { cache, lookup, peppers, monotonicMs, isCutOff, onOldPepper } = deps;
  const lookups = { hits: 0, misses: 0 };
  const find = createCachedLookup({
    cache,
    monotonicMs,
    isCutOff,
    lookup: (sha256) => lookup.find(digestsOf(peppers, Buffer.from(sha256, "latin1")).map(({ digest }) => digest)),
  });
  const { current } = peppers;
  /** Also of what is remembered: it may have found no place among those that wait to be moved. */
  const noted = (sha256: string, record: VerificationRecord | null): VerificationRecord | null => {
    if (record !== null && isOldPepper(record.pepperVersion, current)) {
      const { keyId, pepperVersion } = record;
      onOldPepper({ kind: "secret", keyId, secretSha256: Buffer.from(sha256, "latin1"), pepperVersion });
    }
    return record;
  };
  return Object.freeze({
    find: (secret: string) => {
      const sha256 = hash("sha256", secret, "binary");
      const found = find(sha256);
      if (found instanceof Promise) {
        lookups.misses += 1;
        return found.then((record) => noted(sha256, record));
      }
      lookups.hits += 1;
      return noted(sha256, found);
    },
    lookups,
  });
};
