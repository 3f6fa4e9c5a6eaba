import { describe, expect, test } from "vitest";
import { availability } from "../availability.ts";
import { readEnv } from "../env.ts";
import { processesMentioning } from "../process/processes.ts";
import { withConnection } from "./connection.ts";
import type { TestDatabase } from "./database-server.ts";
import { startMariadb, startMysql } from "./start.ts";

const things = await availability();
const { ci, mysqlUrl, mariadbUrl } = readEnv();

/** By hand, a server that this machine cannot have is shown as skipped; with CI=true the test runs and fails. */
const runs = (id: "mysql" | "mariadb"): boolean => ci || things.find((thing) => thing.id === id)?.state !== "missing";

const notes = async ({ url }: TestDatabase): Promise<unknown> =>
  withConnection(url, async (connection) => (await connection.query("select body from note"))[0]);

const write = ({ url }: TestDatabase, body: string): Promise<unknown> =>
  withConnection(url, async (connection) => {
    await connection.query("create table if not exists note (body varchar(20) primary key)");
    await connection.query("insert into note (body) values (?)", [body]);
  });

describe.runIf(runs("mysql"))("MySQL", () => {
  test("it is MySQL", async () => {
    await using server = await startMysql();
    expect(server.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(server.version).not.toContain("MariaDB");
  });
});

describe.runIf(runs("mariadb"))("MariaDB", () => {
  test("it is MariaDB", async () => {
    await using server = await startMariadb();
    expect(server.version).toContain("MariaDB");
  });
});

const owned = [
  { title: "MySQL", start: startMysql, run: runs("mysql") && mysqlUrl === null },
  { title: "MariaDB", start: startMariadb, run: runs("mariadb") && mariadbUrl === null },
];

for (const { title, start, run } of owned) {
  describe.runIf(run)(`${title} of our own`, () => {
    test("two databases of one server do not see each other", async () => {
      await using server = await start();
      await using a = await server.createDatabase();
      await using b = await server.createDatabase();
      await write(a, "in a");
      await write(b, "in b");
      expect(await notes(a)).toEqual([{ body: "in a" }]);
    });

    test("what was committed survives a kill and a start", async () => {
      await using server = await start();
      await using database = await server.createDatabase();
      await write(database, "kept");
      await server.kill();
      await expect(notes(database)).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await server.start();
      expect(await notes(database)).toEqual([{ body: "kept" }]);
    });

    test.runIf(process.platform === "linux")("after dispose no process is left", async () => {
      const server = await start();
      const flag = `--port=${new URL(server.url).port}`;
      const isContainer = server.source === "container";
      expect((await processesMentioning(flag)).length).toBe(isContainer ? 0 : 1);
      await server[Symbol.asyncDispose]();
      expect(await processesMentioning(flag)).toEqual([]);
      await expect(withConnection(server.url, async () => {})).rejects.toMatchObject({ code: "ECONNREFUSED" });
    });
  });
}
