/** Which secrets of a key are remembered. Nearly every key has one: only a second one costs a Set. */
export interface KeyIndex {
  add(keyId: string, secret: string): void;
  remove(keyId: string, secret: string): void;
  /** Removes the key and returns its secrets. */
  take(keyId: string): Iterable<string>;
  clear(): void;
}

export const createKeyIndex = (): KeyIndex => {
  const secretsOf = new Map<string, string | Set<string>>();
  return Object.freeze({
    add: (keyId: string, secret: string) => {
      const known = secretsOf.get(keyId);
      if (known === undefined) secretsOf.set(keyId, secret);
      else if (typeof known !== "string") known.add(secret);
      else if (known !== secret) secretsOf.set(keyId, new Set([known, secret]));
    },
    remove: (keyId: string, secret: string) => {
      const known = secretsOf.get(keyId);
      if (known === undefined) return;
      if (typeof known === "string") {
        if (known === secret) secretsOf.delete(keyId);
        return;
      }
      known.delete(secret);
      if (known.size === 0) secretsOf.delete(keyId);
    },
    take: (keyId: string) => {
      const known = secretsOf.get(keyId);
      if (known === undefined) return [];
      secretsOf.delete(keyId);
      return typeof known === "string" ? [known] : known;
    },
    clear: () => secretsOf.clear(),
  });
};
