import type { VerificationLookup } from "@itsy/core";
import type { DataSource, EntityManager } from "typeorm";

import type { Dialect } from "./dialect.ts";

/** How the connections of one kind of database are used. Everything it throws by itself is already translated. */
export interface Engine {
  readonly dialect: Dialect;
  /** The source for reading: readiness and the comparison of the schema. */
  readonly reader: DataSource;
  readonly lookup: VerificationLookup;
  /** Runs `work` on a connection that sees what is committed. */
  readonly read: <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;
  /** Runs `work` in one transaction, once; what `work` throws passes through after the rollback. */
  readonly transact: <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
}

/** Where the engine reports what is nobody's error: a lost connection, a migration that ran. pino's loggers fit. */
export interface DatabaseLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
