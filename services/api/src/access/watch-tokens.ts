import type { Database, Stores } from "@itsy/core";

/**
 * The same database, which also calls `onRevoked` when a transaction that revoked a token ends, before `transaction`
 * returns. It is called, too, where the outcome is unknown: forgetting once too often does no harm.
 */
export const watchTokens = (database: Database, onRevoked: () => void): Database => {
  const transaction = async <Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> => {
    let revoked = false;
    try {
      return await database.transaction((stores) =>
        work({
          ...stores,
          tokens: {
            ...stores.tokens,
            revoke: (id, revokedAt) => {
              revoked = true;
              return stores.tokens.revoke(id, revokedAt);
            },
          },
        }),
      );
    } finally {
      if (revoked) onRevoked();
    }
  };
  return Object.freeze({
    read: database.read,
    onKeysChanged: (listener) => database.onKeysChanged(listener),
    transaction,
  } satisfies Database);
};
