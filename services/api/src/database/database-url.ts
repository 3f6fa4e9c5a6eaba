import { DatabaseStartError } from "./database-error.ts";

/** A MySQL or MariaDB server. */
export interface ServerSettings {
  readonly type: "mysql" | "mariadb";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Encrypted, and the server's certificate checked against the system's authorities. */
  readonly tls: boolean;
}

/** An SQLite file, or (`:memory:`) a database that ends with the process. */
export interface SqliteSettings {
  readonly type: "sqlite";
  readonly path: string;
}

export type DatabaseSettings = ServerSettings | SqliteSettings;

export const MEMORY_PATH = ":memory:";

const PORT_DEFAULT = 3306;

// Never with the URL itself in it: it holds the password.
const invalid = (reason: string): DatabaseStartError =>
  new DatabaseStartError(
    "DATABASE_URL_INVALID",
    `the database URL is not usable: ${reason}; expected mysql://user:password@host:port/database, mariadb://…, sqlite:./file.db or sqlite::memory:`,
  );

const decoded = (part: string, what: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(`the ${what} has a malformed percent-encoding`);
  }
};

const parseTls = (parameters: URLSearchParams): boolean => {
  const unknown = [...parameters.keys()].find((name) => name !== "tls");
  if (unknown !== undefined) throw invalid("the only parameter is tls");
  const value = parameters.get("tls") ?? "false";
  if (value !== "true" && value !== "false") throw invalid("tls is true or false");
  return value === "true";
};

const parseServer = (type: ServerSettings["type"], text: string): ServerSettings => {
  if (!URL.canParse(text)) throw invalid("it cannot be parsed (characters like / @ : # in a password must be encoded)");
  const url = new URL(text);
  if (url.hostname === "") throw invalid("the host is missing");
  if (url.username === "") throw invalid("the user is missing");
  if (url.hash !== "") throw invalid("it has a fragment (a # in a password must be encoded as %23)");
  const database = decoded(url.pathname.slice(1), "database");
  if (database === "" || database.includes("/")) throw invalid("the path must name one database");
  return Object.freeze({
    type,
    // An IPv6 address stands in brackets in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? PORT_DEFAULT : Number(url.port),
    user: decoded(url.username, "user"),
    password: decoded(url.password, "password"),
    database,
    tls: parseTls(url.searchParams),
  });
};

const parseSqlite = (rest: string): SqliteSettings => {
  const path = rest.startsWith("///") ? rest.slice(2) : rest;
  if (path === "") throw invalid("the file is missing");
  if (path.startsWith("//")) throw invalid("an SQLite file has no host");
  if (path.includes("\0")) throw invalid("the file name has a zero byte");
  return Object.freeze({ type: "sqlite", path });
};

/**
 * Reads `DATABASE_URL`: `mysql://user:password@host:port/database[?tls=true]`, the same with `mariadb:`,
 * `sqlite:./relative.db`, `sqlite:/absolute.db`, `sqlite:///absolute.db` or `sqlite::memory:`.
 * @throws DatabaseStartError `DATABASE_URL_INVALID`; its message never has a part of the URL.
 */
export const parseDatabaseUrl = (text: string): DatabaseSettings => {
  const colon = text.indexOf(":");
  const scheme = colon === -1 ? "" : text.slice(0, colon).toLowerCase();
  switch (scheme) {
    case "mysql":
    case "mariadb":
      return parseServer(scheme, text);
    case "sqlite":
      return parseSqlite(text.slice(colon + 1));
    default:
      throw invalid("its scheme is not mysql, mariadb or sqlite");
  }
};
