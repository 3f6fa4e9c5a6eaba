import { ConcurrentChange, DuplicateRow } from "@itsy/core";
import { QueryFailedError } from "typeorm";

import { DatabaseError, DatabaseStartError } from "./database-error.ts";
import { type Dialect, driverFields } from "./dialect.ts";
import { isReferenceGone } from "./reference-gone.ts";
import type { Statement } from "./statement.ts";

/**
 * What remains of a driver's error: its numbers and where it happened. Its message and its parameters stay behind,
 * since they quote rows (`Duplicate entry '…'`).
 */
const scrubbed = (error: unknown): Error => {
  const { code, errno, sqlState } = driverFields(error);
  const kind = error instanceof Error ? error.name : typeof error;
  const message = [code ?? kind, errno === undefined ? "" : `errno ${errno}`, sqlState ? `SQLSTATE ${sqlState}` : ""]
    .filter((part) => part !== "")
    .join(", ");
  const cause = new Error(message);
  cause.name = "DriverError";
  // A stack begins with the message, which may have several lines: only the frames are kept.
  const frames = (error instanceof Error ? (error.stack ?? "") : "")
    .split("\n")
    .filter((line) => /^ {4}at /.test(line));
  cause.stack = [`DriverError: ${message}`, ...frames].join("\n");
  return Object.assign(cause, { code, errno, sqlState });
};

// The statement has placeholders only; the table is the first name in it.
const tableOf = (error: unknown): string =>
  error instanceof QueryFailedError
    ? (/^\s*(?:INSERT|UPDATE)\b[^`"]*[`"](\w+)[`"]/i.exec(error.query)?.[1] ?? "a table")
    : "a table";

const describe = {
  contention: ["DEADLOCK", "the database gave way to another transaction"],
  unreachable: ["UNREACHABLE", "the database cannot be reached"],
  unexpected: ["UNEXPECTED", "the database refused a statement"],
} as const;

// What this layer threw by itself is already fit to leave it.
const own = [ConcurrentChange, DuplicateRow, DatabaseError, DatabaseStartError];

/** What leaves the storage layer for an error of the driver or of TypeORM: `DuplicateRow` or `DatabaseError`. */
export const translateFault = (dialect: Dialect, error: unknown): unknown => {
  if (own.some((kind) => error instanceof kind)) return error;
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const fault = dialect.classify(driverError);
  const cause = scrubbed(driverError);
  if (fault === "duplicate") return new DuplicateRow(tableOf(error), { cause });
  const [code, message] = describe[fault];
  return new DatabaseError(code, message, { cause });
};

/** The same for what a plain statement failed with. */
export const translateStatementFault = (dialect: Dialect, statement: Statement, error: unknown): unknown => {
  const fault = translateFault(dialect, error);
  if (fault instanceof DuplicateRow && statement.table !== undefined)
    return new DuplicateRow(statement.table, { cause: fault.cause });
  if (statement.refersTo !== undefined && isReferenceGone(fault)) return new ConcurrentChange(statement.refersTo);
  return fault;
};

/**
 * What leaves the storage layer when it cannot be opened.
 * @param place for the operator: the file, or the server and the database
 */
export const translateStartFault = (dialect: Dialect, place: string, error: unknown): unknown => {
  const fault = translateFault(dialect, error);
  if (!(fault instanceof DatabaseError) || fault.code !== "UNEXPECTED") return fault;
  const reason = fault.cause instanceof Error ? fault.cause.message : fault.message;
  return new DatabaseStartError("DATABASE_UNUSABLE", `${place} cannot be used: ${reason}`, { cause: fault.cause });
};

/** Runs something that talks to the driver and to nothing else, and translates what it throws. */
export const translated = async <Result>(dialect: Dialect, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    throw translateFault(dialect, error);
  }
};
