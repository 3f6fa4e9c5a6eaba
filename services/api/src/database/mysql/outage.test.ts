import { inspect } from "node:util";

import { startMariadb, startMysql } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { freshDatabase, serverKinds } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";
import { DatabaseError } from "../database-error.ts";
import { parseDatabaseUrl } from "../database-url.ts";
import { openDatabase } from "../open-database.ts";
import { serverLimits } from "./limits.ts";

const start = { mysql: startMysql, mariadb: startMariadb };

/** More than a connection takes to be refused, and less than one that is waited for. */
const BOUND_MS = 4_000;

const codeOf = (error: unknown): unknown => (error instanceof DatabaseError ? error.code : error);

describe.each(serverKinds)("an outage of %s", (kind) => {
  test("everything fails as UNREACHABLE within a bound, and works again when the server does", async () => {
    await using server = await start[kind]();
    await using fresh = await server.createDatabase();
    await using opened = await openDatabase(parseDatabaseUrl(fresh.url.replace(/^\w+:/, `${kind}:`)));
    const { database, lookup } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    const version = rows.version({ keyId: key.id });
    await database.transaction(async ({ keys, versions }) => {
      await keys.insert(key);
      await versions.insert(version);
    });
    const told: string[] = [];
    database.onKeysChanged((ids) => void told.push(...ids));
    const everything = () => [
      // Twice as many as there are connections: some wait for one that breaks.
      ...Array.from({ length: serverLimits.connectionsMax * 2 }, () =>
        database.read.keys.findById(owner.workspaceId, key.id),
      ),
      ...Array.from({ length: 10 }, () => lookup.find([version.digest])),
      opened.tokens.find([version.digest]),
      database.transaction(({ keys }) => keys.update(key, { name: "lost" })),
      opened.ping(),
      opened.migrationsPending(),
    ];
    const outcomes = async () => {
      const begun = performance.now();
      const settled = await Promise.allSettled(everything());
      expect(performance.now() - begun).toBeLessThan(BOUND_MS);
      return settled.map((result) => (result.status === "rejected" ? codeOf(result.reason) : "answered"));
    };

    // A transaction under way when the server dies, on a connection that was good.
    const inserted = Promise.withResolvers<void>();
    const killed = Promise.withResolvers<void>();
    const underWay = database
      .transaction(async ({ keys }) => {
        await keys.insert(rows.key(owner));
        inserted.resolve();
        await killed.promise;
        await keys.insert(rows.key(owner));
      })
      .catch(codeOf);
    await inserted.promise;
    await server.kill();
    killed.resolve();
    expect(await underWay).toBe("UNREACHABLE");
    // First on connections that broke, then on none.
    expect(new Set(await outcomes())).toEqual(new Set(["UNREACHABLE"]));
    expect(new Set(await outcomes())).toEqual(new Set(["UNREACHABLE"]));
    expect(told).toEqual([]);

    await server.start();
    expect(
      await database.read.keys.list(
        { workspaceId: owner.workspaceId, at: new Date(0) },
        { sort: "created", order: "desc", limit: 10 },
      ),
    ).toEqual({ keys: [key], next: null });
    expect(new Set(await outcomes())).toEqual(new Set(["answered"]));
    expect(told).toEqual([key.id]);
  }, 120_000);

  test("a refused login and a missing database are told by the server's code, without the password", async () => {
    await using fresh = await freshDatabase(kind);
    const settings = parseDatabaseUrl(fresh.url);
    if (settings.type === "sqlite") throw new Error("not a server");
    const refused = await openDatabase({ ...settings, password: "hunter2" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "DatabaseStartError", code: "DATABASE_UNUSABLE" });
    expect(inspect(refused, { depth: 10 })).toContain("ER_ACCESS_DENIED_ERROR");
    expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain("hunter2");
    const missing = await openDatabase({ ...settings, database: "none" }).catch((error: unknown) => error);
    expect(String(missing)).toContain("ER_BAD_DB_ERROR");
  });

  test("a server that is not there is UNREACHABLE at the start, and the error has no password", async () => {
    await using server = await start[kind]();
    const url = new URL(server.url);
    url.protocol = "mysql:";
    await server.kill();
    const settings = { type: kind, host: url.hostname, port: Number(url.port), user: "root", password: "hunter2" };
    const error = await openDatabase({ ...settings, database: "none", tls: false }).catch((thrown: unknown) => thrown);
    expect(codeOf(error)).toBe("UNREACHABLE");
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("hunter2");
  });
});
