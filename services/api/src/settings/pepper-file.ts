import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

import type { PepperEntry } from "@itsy/key-format";

const PEPPER_BYTES = 32;
const ENTRY = /^([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})$/;

/** The peppers cannot be used; the message never holds a part of one. */
class PepperError extends Error {
  override readonly name = "PepperError";
}

/**
 * Reads `version:base64` entries, separated by commas or lines; a line that begins with `#` is a comment.
 * @throws PepperError which says the number of the entry that is wrong, never its text.
 */
export const parsePeppers = (text: string): readonly PepperEntry[] => {
  const lines = text.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  const entries = lines
    .join(",")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length === 0) throw new PepperError("there is no pepper; expected version:base64, for example 1:…");
  return entries.map((entry, index) => {
    const [, version, base64] = ENTRY.exec(entry) ?? [];
    if (version === undefined || base64 === undefined) {
      throw new PepperError(`entry ${index + 1} is not of the form version:base64`);
    }
    const pepper = Buffer.from(base64, "base64");
    if (pepper.length < PEPPER_BYTES) {
      throw new PepperError(`entry ${index + 1} has ${pepper.length} bytes; a pepper has at least ${PEPPER_BYTES}`);
    }
    return { version: Number(version), pepper };
  });
};

/** Reads a file of peppers. @throws PepperError */
export const readPepperFile = (path: string): readonly PepperEntry[] => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new PepperError(`the pepper file ${path} cannot be read`, { cause });
  }
  try {
    return parsePeppers(text);
  } catch (cause) {
    throw new PepperError(`the pepper file ${path}: ${(cause as Error).message}`, { cause });
  }
};

/**
 * Makes the file with a new pepper (mode 0600) unless it is there. Whole or not at all: it is written beside and linked
 * to its name, so that a crash leaves no half of a pepper, and of two processes one wins and both read the same.
 */
const writeNewPepper = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = openSync(draft, "wx", 0o600);
  try {
    const text = `# Without this file no key of the database can be verified: back it up, apart from the database.\n1:`;
    writeSync(file, `${text}${randomBytes(PEPPER_BYTES).toString("base64")}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  } finally {
    unlinkSync(draft);
  }
  const directory = openSync(dirname(path), "r");
  fsyncSync(directory);
  closeSync(directory);
};

export interface PepperFileOptions {
  readonly path: string;
  /** The SQLite file that the peppers belong to. */
  readonly databasePath: string;
}

/**
 * The peppers of an embedded database: from the file beside it, which is made for a new database.
 * @throws PepperError when the database is there and the file is not: a new pepper would refuse every key in silence.
 */
export const peppersOfEmbedded = ({ path, databasePath }: PepperFileOptions): readonly PepperEntry[] => {
  if (!existsSync(path)) {
    if (existsSync(databasePath)) {
      throw new PepperError(
        `the database ${databasePath} is there, but its pepper file ${path} is not: bring it back (a new pepper would make every key unknown), or name another with PEPPER_FILE`,
      );
    }
    writeNewPepper(path);
  }
  return readPepperFile(path);
};

/** A pepper for a database that ends with the process. */
export const temporaryPepper = (): readonly PepperEntry[] => [{ version: 1, pepper: randomBytes(PEPPER_BYTES) }];
