import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

import { assertPepper, digest } from "./digest.ts";
import { KeyFormatError } from "./key-format-error.ts";

export interface PepperEntry {
  /** A positive integer; stored beside each digest as `pepper_version`. */
  readonly version: number;
  /** At least 32 bytes. */
  readonly pepper: Uint8Array;
}

/** The peppers that are live, by version. New digests are made with the `current` one. */
export interface PepperRing {
  readonly current: number;
  /** Not enumerable, so that a ring that is logged by mistake shows no pepper. */
  readonly peppers: ReadonlyMap<number, Uint8Array>;
}

export interface PepperRingOptions {
  /**
   * Default: the highest version. To bring in a pepper without a pause, first give it to every replica with `current`
   * at the old version, then move `current`: a replica cannot find what was digested with a pepper it lacks.
   */
  readonly current?: number;
}

/** A digest (32 bytes) and the version of the pepper it was made with. */
export interface VersionedDigest {
  readonly pepperVersion: number;
  readonly digest: Buffer;
}

const pepperOf = (peppers: ReadonlyMap<number, Uint8Array>, version: number): Uint8Array => {
  const pepper = peppers.get(version);
  if (pepper !== undefined) return pepper;
  throw new KeyFormatError("PEPPER_VERSION_UNKNOWN", `the ring has no pepper of version ${version}`);
};

// Node.js takes longer to make a key of bytes than to use it once.
const keys = new WeakMap<Uint8Array, KeyObject>();

/** The key made of a ring's own copy of a pepper, which nobody changes. */
const keyOf = (peppers: ReadonlyMap<number, Uint8Array>, version: number): KeyObject => {
  const pepper = pepperOf(peppers, version);
  const known = keys.get(pepper);
  if (known !== undefined) return known;
  const key = createSecretKey(pepper);
  keys.set(pepper, key);
  return key;
};

/**
 * Builds a ring from copies of the peppers. Throws `PEPPER_RING_EMPTY`, `PEPPER_VERSION_INVALID`,
 * `PEPPER_VERSION_DUPLICATE`, `PEPPER_TOO_SHORT`, or `PEPPER_VERSION_UNKNOWN` when `current` is none of them.
 */
export const createPepperRing = (entries: Iterable<PepperEntry>, options: PepperRingOptions = {}): PepperRing => {
  const peppers = new Map<number, Uint8Array>();
  for (const { version, pepper } of entries) {
    if (!Number.isSafeInteger(version) || version < 1) {
      throw new KeyFormatError("PEPPER_VERSION_INVALID", "the version of a pepper is a positive integer");
    }
    if (peppers.has(version)) {
      throw new KeyFormatError("PEPPER_VERSION_DUPLICATE", `two peppers have the version ${version}`);
    }
    assertPepper(pepper);
    peppers.set(version, Uint8Array.from(pepper));
  }
  if (peppers.size === 0) throw new KeyFormatError("PEPPER_RING_EMPTY", "at least one pepper is needed");
  const current = options.current ?? Math.max(...peppers.keys());
  pepperOf(peppers, current);
  return Object.freeze(Object.defineProperty({ current, peppers }, "peppers", { enumerable: false }));
};

/** The digest (32 bytes) with the pepper of one version. Throws `PEPPER_VERSION_UNKNOWN` and `SHA256_LENGTH`. */
export const digestWith = (ring: PepperRing, version: number, secretSha256: Uint8Array): Buffer =>
  digest({ pepper: keyOf(ring.peppers, version), secretSha256 });

/** Not 32 bytes long, so that it is no digest of anything. */
const FINGERPRINT_MESSAGE = "itsy-keys pepper fingerprint";

/**
 * 32 bytes by which two peppers can be told apart and neither can be found: HMAC-SHA256 of a fixed text.
 * Throws `PEPPER_VERSION_UNKNOWN`.
 */
export const fingerprintOf = (ring: PepperRing, version: number): Buffer =>
  createHmac("sha256", pepperOf(ring.peppers, version)).update(FINGERPRINT_MESSAGE).digest();

/** The digests a secret may be stored under: the current pepper's first, then from new to old. Throws `SHA256_LENGTH`. */
export const digestsOf = (ring: PepperRing, secretSha256: Uint8Array): readonly VersionedDigest[] => {
  const others = [...ring.peppers.keys()].filter((version) => version !== ring.current).sort((a, b) => b - a);
  return [ring.current, ...others].map((pepperVersion) => ({
    pepperVersion,
    digest: digestWith(ring, pepperVersion, secretSha256),
  }));
};
