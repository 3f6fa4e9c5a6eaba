import { DatabaseError } from "./database-error.ts";
import type { Run } from "./engine.ts";

/** What a store runs its statements on: either a transaction, or reads of committed data. */
export interface Session {
  readonly read: Run;
  readonly write: Run;
  /** Tells that the key, or a version of it, is different after the commit. */
  readonly keyChanged: (keyId: string) => void;
}

/** Reads of committed data; a write is refused. */
export const readSession = (run: Run): Session =>
  Object.freeze({
    read: run,
    write: () => Promise.reject(new DatabaseError("UNEXPECTED", "writes happen inside a transaction only")),
    keyChanged: () => undefined,
  });

/** Reads and writes of one transaction. `changedKeys` gathers the ids of keys. */
export const transactionSession = (run: Run, changedKeys: Set<string>): Session =>
  Object.freeze({ read: run, write: run, keyChanged: (keyId: string) => void changedKeys.add(keyId) });
