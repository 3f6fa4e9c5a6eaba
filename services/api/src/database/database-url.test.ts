import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { DatabaseStartError } from "./database-error.ts";
import { parseDatabaseUrl } from "./database-url.ts";

describe("the database URL", () => {
  test.each([
    ["sqlite::memory:", ":memory:"],
    ["sqlite:./data/keys.db", "./data/keys.db"],
    ["sqlite:keys.db", "keys.db"],
    ["sqlite:/var/lib/keys.db", "/var/lib/keys.db"],
    ["sqlite:///var/lib/keys.db", "/var/lib/keys.db"],
    ["SQLite:/with space?.db", "/with space?.db"],
  ])("%s is an SQLite file", (url, path) => {
    expect(parseDatabaseUrl(url)).toEqual({ type: "sqlite", path });
  });

  test("a server's URL is read with its percent-encodings", () => {
    expect(parseDatabaseUrl("mysql://us%40er:p%3Aa%2Fs%23s%40@db.internal:3307/itsy%2Dkeys?tls=true")).toEqual({
      type: "mysql",
      host: "db.internal",
      port: 3307,
      user: "us@er",
      password: "p:a/s#s@",
      database: "itsy-keys",
      tls: true,
    });
    expect(parseDatabaseUrl("mariadb://root@[::1]/keys")).toEqual({
      type: "mariadb",
      host: "::1",
      port: 3306,
      user: "root",
      password: "",
      database: "keys",
      tls: false,
    });
  });

  test.each([
    "",
    "hunter2",
    "postgres://user:hunter2@host/db",
    "mysql:user:hunter2@host/db",
    "mysql://user:hunter2@host",
    "mysql://user:hunter2@host/",
    "mysql://user:hunter2@host/a/b",
    "mysql://user:hunter2@host/a%2Fb",
    "mysql://:hunter2@host/db",
    "mysql://user:hunter2@/db",
    "mysql://user:hunter2@host:99999/db",
    "mysql://user:hun/ter2@host/db",
    "mysql://user:hunter2%zz@host/db",
    "mysql://user:hunter2#x@host/db",
    "mysql://user:pass@host/db#hunter2",
    "mysql://user:hunter2@host/db?tls=maybe",
    "mysql://user:hunter2@host/db?ssl=true",
    "mysql://user:hunter2@host/db?hunter2=true",
    "sqlite:",
    "sqlite://hunter2/keys.db",
    "sqlite:hunter2\0.db",
  ])("%s is refused, and the error does not repeat it", (url) => {
    let error: unknown;
    try {
      parseDatabaseUrl(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DatabaseStartError);
    expect((error as DatabaseStartError).code).toBe("DATABASE_URL_INVALID");
    // Where the test's own name is in the stack, it is not the error's doing.
    expect(inspect(error, { showHidden: true })).not.toMatch(/hunter2|ter2@/);
  });
});
