import type { DatabaseTrouble } from "@itsy/core";

/**
 * | code | meaning | what a caller may do |
 * |---|---|---|
 * | `UNREACHABLE` | no connection, or it was lost; a commit under way may or may not have happened | ask again later |
 * | `DEADLOCK` | deadlock or lock wait timeout, still there after the retries of `transaction` | ask again later |
 * | `UNEXPECTED` | anything else the driver or the mapper refused | report it |
 */
export type DatabaseErrorCode = "UNREACHABLE" | "DEADLOCK" | "UNEXPECTED";

/** What leaves the storage layer when a database fails. Holds no SQL, no parameter and no value of a row. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseError";
    this.code = code;
  }
}

/** Whether asking again later may do; anything else is a defect. */
export const isUnavailable = (error: unknown): boolean => error instanceof DatabaseError && error.code !== "UNEXPECTED";

/** Whether what failed certainly took no effect. A commit whose answer was lost may have: to do it again would do it twice. */
export const hasCertainlyFailed = (error: unknown): boolean =>
  !(error instanceof DatabaseError && error.code === "UNREACHABLE");

/** The same as the domain knows it. */
export const troubleOf = (error: unknown): DatabaseTrouble | null => {
  if (!isUnavailable(error)) return null;
  return hasCertainlyFailed(error) ? "LOCKED" : "UNREACHABLE";
};

/**
 * Why the storage layer could not be opened, other than an unreachable server.
 *
 * | code | meaning |
 * |---|---|
 * | `DATABASE_URL_INVALID` | the URL cannot be read |
 * | `DATABASE_IN_USE` | another process has the SQLite file |
 * | `DATABASE_UNUSABLE` | a refused login, a missing database, a file that cannot be opened, a migration that failed |
 * | `MIGRATION_LOCKED` | another process has been migrating for too long |
 */
export type DatabaseStartErrorCode =
  | "DATABASE_URL_INVALID"
  | "DATABASE_IN_USE"
  | "DATABASE_UNUSABLE"
  | "MIGRATION_LOCKED";

/** The database cannot be used as asked for; the message is for the operator and holds no password. */
export class DatabaseStartError extends Error {
  readonly code: DatabaseStartErrorCode;

  constructor(code: DatabaseStartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseStartError";
    this.code = code;
  }
}
