import { hash } from "node:crypto";

import { type Actor, actorOf, type Clock, isTokenLive, type ManagementToken } from "@itsy/core";
import { LRUCache } from "lru-cache";

/** Who presents this text? Answers without a promise when nothing has to be read. */
export type Authenticate = (text: string) => Actor | Promise<Actor>;

export interface TokenCache {
  readonly authenticate: Authenticate;
  /** Forgets all tokens, and what is being read right now. */
  readonly forget: () => void;
}

export interface TokenCacheDeps {
  /** Finds a live token. @throws DomainError `UNAUTHENTICATED` */
  readonly findToken: (text: string) => Promise<ManagementToken>;
  readonly clock: Clock;
}

const TOKENS_MAX = 1000;

interface Entry {
  readonly token: ManagementToken;
  readonly actor: Actor;
}

/**
 * Remembers the tokens of callers by their SHA-256. Exact as long as `forget` is called after each revocation and one
 * process owns the database: what was being read while something was revoked is answered but not remembered. Expiry is
 * looked at on every use. A refused token is not remembered.
 */
export const createTokenCache = ({ findToken, clock }: TokenCacheDeps): TokenCache => {
  const entries = new LRUCache<string, Entry>({ max: TOKENS_MAX });
  let generation = 0;

  const read = async (text: string, key: string): Promise<Actor> => {
    const began = generation;
    const token = await findToken(text);
    const actor = actorOf(token);
    if (generation === began) entries.set(key, { token, actor });
    return actor;
  };

  return Object.freeze({
    authenticate: (text: string) => {
      const key = hash("sha256", text, "binary");
      const entry = entries.get(key);
      return entry !== undefined && isTokenLive(entry.token, clock.now()) ? entry.actor : read(text, key);
    },
    forget: () => {
      generation += 1;
      entries.clear();
    },
  });
};
