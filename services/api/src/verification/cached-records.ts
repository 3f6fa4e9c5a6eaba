import { hash } from "node:crypto";

import {
  createCachedLookup,
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
  /** Told of each secret that was read under another pepper than the current one. */
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
    lookup: async (sha256) => {
      const secretSha256 = Buffer.from(sha256, "latin1");
      const record = await lookup.find(digestsOf(peppers, secretSha256).map(({ digest }) => digest));
      if (record !== null && record.pepperVersion !== peppers.current) {
        onOldPepper({ kind: "secret", secretSha256, pepperVersion: record.pepperVersion });
      }
      return record;
    },
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
