import { hash } from "node:crypto";

import {
  type Actor,
  actorOf,
  type Clock,
  DomainError,
  isOldPepper,
  isTokenLive,
  type ManagementToken,
  type MonotonicMs,
  type OfKey,
  type OldPepper,
  type RecordCache,
} from "@itsy/core";
import type { PepperRing } from "@itsy/key-format";

/** A live token as it was read, under the name that an eviction uses. */
export interface KnownToken extends OfKey {
  readonly token: ManagementToken;
  readonly actor: Actor;
}

/** Who presents this text? Answers without a promise when nothing has to be read. */
export type Authenticate = (text: string) => Actor | Promise<Actor>;

export interface CachedAuthenticateDeps {
  /** Finds a live token. @throws DomainError `UNAUTHENTICATED` */
  readonly findToken: (text: string) => Promise<ManagementToken>;
  /** Evicted and trusted as the records of keys are: a revoked token is a change in the same feed. */
  readonly cache: RecordCache<KnownToken>;
  readonly clock: Clock;
  readonly monotonicMs: MonotonicMs;
  readonly peppers: Pick<PepperRing, "current">;
  /** Told of each token that is presented, and known under an old pepper. */
  readonly onOldPepper: (found: OldPepper) => void;
  /** Whether the database is known not to answer: what the grace allows is then served at once. */
  readonly isCutOff: () => boolean;
}

/** SHA-256, without doing it again for the text before: a caller nearly always comes with the token it came with. */
const createSha256 = (): ((text: string) => string) => {
  let last = "";
  let sha256 = hash("sha256", last, "binary");
  return (text) => {
    if (text === last) return sha256;
    last = text;
    sha256 = hash("sha256", text, "binary");
    return sha256;
  };
};

/**
 * Remembers the tokens of callers by their SHA-256. Expiry is looked at on every use; a refused token is not remembered.
 */
export const createCachedAuthenticate = (deps: CachedAuthenticateDeps): Authenticate => {
  const { findToken, cache, clock, monotonicMs, isCutOff, onOldPepper } = deps;
  const { current } = deps.peppers;

  const live = (known: KnownToken | null | undefined): KnownToken | null =>
    known && isTokenLive(known.token, clock) ? known : null;

  /** Also of what is remembered: it may have found no place among those that wait to be moved. */
  const noted = (sha256: string, known: KnownToken): KnownToken => {
    const { keyId, token } = known;
    if (isOldPepper(token.pepperVersion, current)) {
      const secretSha256 = Buffer.from(sha256, "latin1");
      onOldPepper({ kind: "token", keyId, secretSha256, pepperVersion: token.pepperVersion });
    }
    return known;
  };

  const read = async (text: string, sha256: string): Promise<Actor> => {
    const ticket = cache.beginLookup();
    try {
      const token = await findToken(text);
      const found: KnownToken = { keyId: token.id, token, actor: actorOf(token) };
      cache.endLookup(ticket, sha256, { found, nowMs: monotonicMs() });
      return noted(sha256, found).actor;
    } catch (error) {
      // Refused is refused. Only where nobody could say so, memory speaks.
      const kept = error instanceof DomainError ? null : live(cache.getInGrace(sha256, monotonicMs()));
      if (kept === null) throw error;
      return kept.actor;
    }
  };

  const sha256Of = createSha256();

  return (text) => {
    const sha256 = sha256Of(text);
    const nowMs = monotonicMs();
    const known = live(cache.get(sha256, nowMs)) ?? (isCutOff() ? live(cache.getInGrace(sha256, nowMs)) : null);
    return known === null ? read(text, sha256) : noted(sha256, known).actor;
  };
};
