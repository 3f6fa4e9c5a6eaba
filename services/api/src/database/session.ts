import { DatabaseError } from "./database-error.ts";
import type { Run } from "./engine.ts";
import { type CountChanges, createCountChanges } from "./key-index/counts.ts";

/** What a store runs its statements on: either a transaction, or reads of committed data. */
export interface Session {
  readonly read: Run;
  readonly write: Run;
  /** Tells that the key or a version of it, or the token, is different after the commit. */
  readonly keyChanged: (id: string) => void;
  /** Tells that the key was not there before. */
  readonly keyCreated: (id: string) => void;
  /** How many keys there are more, or fewer, of a group after the commit. */
  readonly counts: CountChanges;
}

/** The ids of what a transaction changed; those that it created are in both. */
export interface ChangedKeys {
  readonly changed: ReadonlySet<string>;
  readonly created: ReadonlySet<string>;
}

/** Reads of committed data; a write is refused. */
export const readSession = (run: Run): Session =>
  Object.freeze({
    read: run,
    write: () => Promise.reject(new DatabaseError("UNEXPECTED", "writes happen inside a transaction only")),
    keyChanged: () => undefined,
    keyCreated: () => undefined,
    counts: createCountChanges(),
  });

/** Reads and writes of one transaction, and what it has changed so far. */
export const transactionSession = (run: Run): Session & ChangedKeys => {
  const changed = new Set<string>();
  const created = new Set<string>();
  return Object.freeze({
    read: run,
    write: run,
    changed,
    created,
    keyChanged: (id: string) => void changed.add(id),
    keyCreated: (id: string) => {
      changed.add(id);
      created.add(id);
    },
    counts: createCountChanges(),
  });
};
