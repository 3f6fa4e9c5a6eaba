import { hash } from "node:crypto";

import type { RecordSource, VerificationRecord } from "@itsy/core";
import { LRUCache } from "lru-cache";

import type { FindBySha256 } from "./record-lookup.ts";

export interface RecordCache extends RecordSource {
  /** Forgets what is known of the keys, and what is being read right now. */
  readonly evict: (keyIds: readonly string[]) => void;
  /** How many secrets are remembered. */
  readonly size: number;
}

export interface RecordCacheDeps {
  readonly findBySha256: FindBySha256;
  /** How many secrets are remembered; the one unused for longest goes first. */
  readonly entriesMax: number;
}

/**
 * Remembers records by the SHA-256 of their secret. Exact as long as `evict` is called with every change of a key,
 * after its commit, and one process owns the database: a read that began before an eviction is answered but not
 * remembered, or it would put the old state back. Times (expiry, end of an overlap) are in the record and are looked at
 * on every use. An unknown secret is not remembered: it may become known at any moment, and its checksum is right, so
 * that it is rarely junk.
 */
export const createRecordCache = ({ findBySha256, entriesMax }: RecordCacheDeps): RecordCache => {
  const secretsOfKey = new Map<string, Set<string>>();
  let generation = 0;

  const records = new LRUCache<string, VerificationRecord>({
    max: entriesMax,
    dispose: ({ keyId }, secret) => {
      const secrets = secretsOfKey.get(keyId);
      secrets?.delete(secret);
      if (secrets?.size === 0) secretsOfKey.delete(keyId);
    },
  });

  const remember = (sha256: string, record: VerificationRecord) => {
    // First out, then in: two reads of one secret at once must not leave the index without it.
    records.delete(sha256);
    records.set(sha256, record);
    const secrets = secretsOfKey.get(record.keyId);
    if (secrets === undefined) secretsOfKey.set(record.keyId, new Set([sha256]));
    else secrets.add(sha256);
  };

  const read = async (sha256: string): Promise<VerificationRecord | null> => {
    const began = generation;
    const record = await findBySha256(Buffer.from(sha256, "latin1"));
    if (record !== null && generation === began) remember(sha256, record);
    return record;
  };

  return Object.freeze({
    find: (secret: string) => {
      const sha256 = hash("sha256", secret, "binary");
      return records.get(sha256) ?? read(sha256);
    },
    evict: (keyIds: readonly string[]) => {
      generation += 1;
      // A set may lose members while it is walked.
      for (const keyId of keyIds) for (const sha256 of secretsOfKey.get(keyId) ?? []) records.delete(sha256);
    },
    get size() {
      return records.size;
    },
  });
};
