import type { Environment, KeyMetadata } from "@itsy/contract";

/** From where a key may be used, ready to be asked for every request. */
export interface IpRules {
  /** Whether one of the networks holds the address (`IpAddress` of the contract). */
  allow(ip: string): boolean;
  /** How many networks there are: each takes memory. */
  readonly networks: number;
}

/** Everything `verify` needs to know of a secret, in one read. */
export interface VerificationRecord {
  readonly keyId: string;
  readonly versionId: string;
  readonly projectId: string;
  readonly workspaceId: string;
  readonly workspace: string;
  readonly project: string;
  readonly environment: Environment;
  readonly name: string;
  readonly owner: string | null;
  readonly metadata: KeyMetadata;
  readonly permissions: ReadonlySet<string>;
  /** `null`: from everywhere. */
  readonly ipRules: IpRules | null;
  readonly requestsPerMinute: number;
  readonly expiresAt: Date | null;
  readonly pausedAt: Date | null;
  readonly revokedAt: Date | null;
  /** Until when this secret version works; `null` while it is the current one. */
  readonly validUntil: Date | null;
  /** Whether this secret version was current once and has an end now. */
  readonly retiring: boolean;
  /** Which pepper its digest was made with. */
  readonly pepperVersion: number;
}

/** The hot lookup: one read by unique digest. */
export interface VerificationLookup {
  /** By any of the digests of one secret (one for each live pepper version). `null` when none is stored. */
  find(digests: readonly Uint8Array[]): Promise<VerificationRecord | null>;
}
