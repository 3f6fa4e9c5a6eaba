import type { FeedStore, RateLimitStore, TokenLookup, VerificationLookup } from "@itsy/core";
import type { EntityManager, EntityMetadata } from "typeorm";

import type { Dialect } from "./dialect.ts";
import type { Send, Statement } from "./statement.ts";

/** Runs statements on a connection and translates what the driver throws. */
export type Run = <Result>(statements: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/** The statements of one transaction. */
export interface Transaction {
  readonly run: Run;
  /**
   * Statements that are sent without waiting in between go to a server together, in the order of the calls: one that
   * fails is the last one, and all of them fail with its error.
   */
  readonly send: Send;
  /** Goes in front of the commit, and with it: what it locks is locked no longer than it must. */
  readonly sendLast: (statement: Statement) => void;
}

/**
 * Runs `work` in one transaction, once: the statements are those that it sends. What `work` throws passes through after
 * the rollback. The next one begins when this one is over.
 */
export type Transact = <Result>(work: (transaction: Transaction) => Promise<Result>) => Promise<Result>;

/** The rows of all rate limits, and their end. */
export interface RateRows extends RateLimitStore {
  /** Deletes what nobody wrote for an hour, and tells how many. */
  purge(): Promise<number>;
}

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
  /** The same for a plain SELECT. */
  readonly select: Send;
  /** Waits once, for a connection or for the one writer's turn: what is run again does not wait for it again. */
  readonly inTurn: <Result>(use: (transact: Transact) => Promise<Result>) => Promise<Result>;
  readonly metadataOf: (table: string) => EntityMetadata;
  readonly close: () => Promise<void>;
}

/** Where the engine reports what is nobody's error: a lost connection, a migration that ran. pino's loggers fit. */
export interface DatabaseLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
