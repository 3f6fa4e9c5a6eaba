import type { FeedStore, TokenLookup, VerificationLookup } from "@itsy/core";
import type { EntityManager } from "typeorm";

import type { Dialect } from "./dialect.ts";
import type { RateRows } from "./rate-rows.ts";

/** Runs statements on a connection and translates what the driver throws. */
export type Run = <Result>(statements: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/** How the connections of one kind of database are used. Everything it throws by itself is already translated. */
export interface Engine {
  readonly dialect: Dialect;
  readonly lookup: VerificationLookup;
  /** What callers present, read as the hot lookup reads; `null` where the store is as quick. */
  readonly tokens: TokenLookup | null;
  readonly rates: RateRows;
  /** What replicas talk through; `null` where one process owns the database, which then has no change feed. */
  readonly feed: FeedStore | null;
  /** On a connection that sees what is committed. */
  readonly read: Run;
  /**
   * Runs `work` in one transaction, once: the statements are those that it gives to `run`. What `work` throws passes
   * through after the rollback.
   */
  readonly transact: <Result>(work: (run: Run) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
}

/** Where the engine reports what is nobody's error: a lost connection, a migration that ran. pino's loggers fit. */
export interface DatabaseLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
