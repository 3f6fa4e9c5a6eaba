import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";

import Sqlite from "better-sqlite3";

import { DatabaseStartError } from "../database-error.ts";
import { driverFields } from "../dialect.ts";

export interface FileLock {
  /** The file's real path: two names of one file are one lock. */
  readonly path: string;
  release(): void;
}

/** Nobody else on the machine reads digests and names. What SQLite puts beside the file gets the file's mode. */
const FILE_MODE = 0o600;

const createIfMissing = (path: string): string => {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, "a", FILE_MODE));
  return path;
};

/**
 * Makes this process the only one that uses the SQLite file. The lock is SQLite's exclusive lock on a file beside it,
 * held open: the operating system lets go of it when the process ends, however it ends. (The database itself cannot be
 * locked this way: its second, reading connection would be locked out, too.)
 * @throws DatabaseStartError `DATABASE_IN_USE`
 */
export const lockFile = (path: string): FileLock => {
  const real = realpathSync(createIfMissing(resolve(path)));
  const side = new Sqlite(createIfMissing(`${real}-lock`), { timeout: 0 });
  try {
    side.pragma("locking_mode = EXCLUSIVE");
    side.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    side.close();
    if (driverFields(error).code?.startsWith("SQLITE_BUSY") !== true) throw error;
    throw new DatabaseStartError(
      "DATABASE_IN_USE",
      `the database file ${real} is used by another process; an SQLite file belongs to one service process: stop the other one, or use MySQL or MariaDB to run several`,
    );
  }
  return Object.freeze({ path: real, release: () => void side.close() });
};
