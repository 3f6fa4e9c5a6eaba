import type { RecordSource, VerificationLookup, VerificationRecord } from "@itsy/core";
import { digestsOf, type PepperRing, secretSha256 } from "@itsy/key-format";

export interface RecordLookupDeps {
  readonly lookup: VerificationLookup;
  readonly peppers: PepperRing;
}

/** Finds by the SHA-256 (32 bytes) of a secret. */
export type FindBySha256 = (sha256: Uint8Array) => Promise<VerificationRecord | null>;

export const createFindBySha256 =
  ({ lookup, peppers }: RecordLookupDeps): FindBySha256 =>
  (sha256) =>
    lookup.find(digestsOf(peppers, sha256).map(({ digest }) => digest));

/** Asks the database for every secret: right for any number of replicas. */
export const createRecordLookup = (deps: RecordLookupDeps): RecordSource => {
  const findBySha256 = createFindBySha256(deps);
  return Object.freeze({ find: (secret: string) => findBySha256(secretSha256(secret)) });
};
