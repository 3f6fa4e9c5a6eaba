import type { EntityManager } from "typeorm";

import { DatabaseError } from "./database-error.ts";
import { translated } from "./driver-fault.ts";
import type { Engine } from "./engine.ts";

/** What a store runs its statements on: either a transaction, or reads of committed data. */
export interface Session {
  read<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
  write<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
  /** Tells that the key, or a version of it, is different after the commit. */
  keyChanged(keyId: string): void;
}

/** Reads of committed data; a write is refused. */
export const readSession = (engine: Engine): Session =>
  Object.freeze({
    read: engine.read,
    write: () => Promise.reject(new DatabaseError("UNEXPECTED", "writes happen inside a transaction only")),
    keyChanged: () => undefined,
  });

/** Reads and writes of one transaction. `changedKeys` gathers the ids of keys. */
export const transactionSession = (engine: Engine, manager: EntityManager, changedKeys: Set<string>): Session => {
  const run: Session["write"] = (work) => translated(engine.dialect, () => work(manager));
  return Object.freeze({ read: run, write: run, keyChanged: (keyId: string) => void changedKeys.add(keyId) });
};
