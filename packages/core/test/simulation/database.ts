import type { FeedStore, KeyChange, ReplicaRow } from "@itsy/core";

/** What is stored of a key: every change makes a new version. */
export interface KeyRow {
  readonly keyId: string;
  readonly version: number;
}

/** For variants that break the rules: whatever the row's beat is. */
export const ANY_BEAT = -1;

/** The tables. Each function is one statement (`change`: one transaction), at the moment when it takes effect. */
export interface Database {
  isDown: boolean;
  readonly keys: ReadonlyMap<string, KeyRow>;
  readonly changes: ReadonlyMap<string, KeyChange>;
  readonly replicas: ReadonlyMap<string, ReplicaRow>;
  readonly statements: Statements;
}

type Sync<F> = F extends (...args: infer Args) => Promise<infer Result> ? (...args: Args) => Result : never;

/** What the store does, without the way there and back. */
export type Statements = { readonly [Name in keyof FeedStore]: Sync<FeedStore[Name]> } & {
  readonly findKey: (keyId: string) => KeyRow | null;
  readonly changeKey: (keyId: string) => { readonly change: KeyChange; readonly version: number };
};

export const createDatabase = (keyIds: readonly string[]): Database => {
  const keys = new Map<string, KeyRow>(keyIds.map((keyId) => [keyId, { keyId, version: 1 }]));
  const changes = new Map<string, KeyChange>();
  const replicas = new Map<string, ReplicaRow>();
  let changeCount = 0;

  const rowWith = (id: string, beat: number): ReplicaRow | null => {
    const row = replicas.get(id);
    return row !== undefined && (row.beat === beat || beat === ANY_BEAT) ? row : null;
  };

  const statements: Statements = {
    registerReplica: ({ id, leaseMs }) => {
      if (replicas.has(id)) throw new Error("duplicate id");
      replicas.set(id, { id, beat: 0, leaseMs });
    },
    poll: (id) => {
      const row = replicas.get(id);
      return row === undefined ? null : { beat: row.beat, changes: [...changes.values()] };
    },
    renewReplica: ({ id, beat }) => {
      const row = rowWith(id, beat);
      if (row !== null) replicas.set(id, { ...row, beat: row.beat + 1 });
      return row !== null;
    },
    listReplicas: () => [...replicas.values()],
    removeReplica: ({ id, beat }) => rowWith(id, beat) !== null && replicas.delete(id),
    deleteChanges: (ids) => {
      for (const id of ids) changes.delete(id);
    },
    findKey: (keyId) => keys.get(keyId) ?? null,
    changeKey: (keyId) => {
      const version = (keys.get(keyId)?.version ?? 0) + 1;
      const change = { id: `c${++changeCount}`, keyId };
      keys.set(keyId, { keyId, version });
      changes.set(change.id, change);
      return { change, version };
    },
  };
  return { isDown: false, keys, changes, replicas, statements };
};
