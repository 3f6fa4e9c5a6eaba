import type { ColumnTypes } from "./column-types.ts";
import { mysqlColumns, sqliteColumns } from "./column-types.ts";

/** What a driver's error means, whatever the driver. */
export type Fault = "duplicate" | "contention" | "unreachable" | "unexpected";

/** Everything in which the databases differ for the stores, the migrations and the mapping of errors. */
export interface Dialect {
  readonly name: "mysql" | "mariadb" | "sqlite";
  readonly columns: ColumnTypes;
  /** Whether indexes are created inside `CREATE TABLE` (MySQL: one atomic statement) or after it. */
  readonly inlineIndexes: boolean;
  readonly tableSuffix: string;
  /** What stands before and after a name. */
  readonly nameQuote: '"' | "`";
  readonly begin: string;
  /** Whether a transaction may begin with its first statement, in one packet. */
  readonly beginsWithFirst: boolean;
  /** Locks the rows that a SELECT finds; nothing where a transaction has the database for itself. */
  readonly forUpdate: "FOR UPDATE" | "";
  /** Goes behind a table's name: the index to read it by, which then is the order of what is found. */
  readonly useIndex: (name: string) => string;
  /** Goes behind the values of an INSERT, before what to do instead where a row with these unique columns is there. */
  readonly onConflict: (columns: string) => string;
  classify(error: unknown): Fault;
}

/** The fields by which drivers tell their errors apart. None of them holds a value of a row. */
export interface DriverFields {
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  readonly fatal: boolean;
}

export const driverFields = (error: unknown): DriverFields => {
  const fields = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return {
    code: typeof fields["code"] === "string" ? fields["code"] : undefined,
    errno: typeof fields["errno"] === "number" ? fields["errno"] : undefined,
    sqlState: typeof fields["sqlState"] === "string" ? fields["sqlState"] : undefined,
    fatal: fields["fatal"] === true,
  };
};

// https://dev.mysql.com/doc/mysql-errors/9.4/en/server-error-reference.html, https://mariadb.com/kb/en/mariadb-error-code-reference/
const DUPLICATE = new Set([
  1062, // ER_DUP_ENTRY
  1586, // ER_DUP_ENTRY_WITH_KEY_NAME
]);
const CONTENTION = new Set([
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  1020, // ER_CHECKREAD: MariaDB's answer where a row changed since the snapshot
  3572, // ER_LOCK_NOWAIT
]);
const UNREACHABLE_ERRNO = new Set([
  1040, // ER_CON_COUNT_ERROR
  1053, // ER_SERVER_SHUTDOWN
  1129, // ER_HOST_IS_BLOCKED
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1290, // ER_OPTION_PREVENTS_STATEMENT: read-only during a failover
  1317, // ER_QUERY_INTERRUPTED
  1836, // ER_READ_ONLY_MODE
  1927, // ER_CONNECTION_KILLED
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
]);
const UNREACHABLE_CODE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
]);
// The errors that mysql2 throws without any code.
const UNREACHABLE_MESSAGE = /closed state|Pool is closed|Queue limit reached|No connections available/;

const classifyMysql = (error: unknown): Fault => {
  const { code, errno, fatal } = driverFields(error);
  if (errno !== undefined && DUPLICATE.has(errno)) return "duplicate";
  if (errno !== undefined && CONTENTION.has(errno)) return "contention";
  if (errno !== undefined && UNREACHABLE_ERRNO.has(errno)) return "unreachable";
  if (code !== undefined && UNREACHABLE_CODE.has(code)) return "unreachable";
  if (error instanceof Error && UNREACHABLE_MESSAGE.test(error.message)) return "unreachable";
  // A broken protocol has no number of the server; a refused login (fatal, too) has one.
  return fatal && errno === undefined ? "unreachable" : "unexpected";
};

const classifySqlite = (error: unknown): Fault => {
  const code = driverFields(error).code ?? "";
  if (code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY") return "duplicate";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "contention";
  return "unexpected";
};

const server = (name: "mysql" | "mariadb"): Dialect =>
  Object.freeze({
    name,
    columns: mysqlColumns,
    inlineIndexes: true,
    tableSuffix: " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    nameQuote: "`",
    begin: "START TRANSACTION",
    beginsWithFirst: true,
    forUpdate: "FOR UPDATE",
    useIndex: (index: string) => `FORCE INDEX (${index})`,
    onConflict: () => "ON DUPLICATE KEY UPDATE",
    classify: classifyMysql,
  });

const dialects = Object.freeze({
  mysql: server("mysql"),
  mariadb: server("mariadb"),
  sqlite: Object.freeze({
    name: "sqlite",
    columns: sqliteColumns,
    inlineIndexes: false,
    tableSuffix: "",
    nameQuote: '"',
    // Takes the write lock at once: a transaction that reads first could not take it later without a retry.
    begin: "BEGIN IMMEDIATE",
    beginsWithFirst: false,
    forUpdate: "",
    useIndex: (index: string) => `INDEXED BY ${index}`,
    onConflict: (columns: string) => `ON CONFLICT (${columns}) DO UPDATE SET`,
    classify: classifySqlite,
  } satisfies Dialect),
});

/** The dialect of a kind of database, by our name for it or TypeORM's. */
export const dialectOf = (type: Dialect["name"] | "better-sqlite3"): Dialect =>
  type === "better-sqlite3" ? dialects.sqlite : dialects[type];
