import type { DataSource } from "typeorm";
import { describe, expect, test } from "vitest";

import { databaseKinds, emptyDatabase, serverKinds } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";
import type { DatabaseSettings } from "../database-url.ts";
import { serverLimits } from "../mysql/limits.ts";
import { openServerSource } from "../mysql/source.ts";
import { openDatabase } from "../open-database.ts";
import { openSqliteSource } from "../sqlite/sources.ts";
import { MIGRATIONS_TABLE, migrations } from "./migrations.ts";

/** A source beside the one of the service, without migrating. */
const openSource = async (settings: DatabaseSettings): Promise<DataSource & AsyncDisposable> => {
  const source =
    settings.type === "sqlite"
      ? (await openSqliteSource({ path: settings.path, readonly: false })).source
      : await openServerSource(
          { settings, limits: serverLimits, logger: undefined },
          { connectionsMax: 2, queryTimeoutMs: 0 },
        );
  return Object.assign(source, {
    [Symbol.asyncDispose]: async () => {
      if (source.isInitialized) await source.destroy();
    },
  });
};

/** The statements that TypeORM would run to make the database look like the entities. */
const differences = async (source: DataSource): Promise<string[]> => {
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
};

const migrate = async (settings: DatabaseSettings): Promise<void> => {
  const opened = await openDatabase(settings);
  await opened[Symbol.asyncDispose]();
};

describe.each(databaseKinds)("migrations on %s", (kind) => {
  test("from nothing, they make the schema of the entities", async () => {
    await using fresh = await emptyDatabase(kind);
    await using before = await openSource(fresh.settings);
    expect((await differences(before)).length).toBeGreaterThan(8);
    await before.destroy();

    await migrate(fresh.settings);
    await using source = await openSource(fresh.settings);
    expect(await differences(source)).toEqual([]);
    // The comparison sees what it should: an index, a column's type, a foreign key.
    const quote = (name: string) => source.driver.escape(name);
    const runner = source.createQueryRunner();
    await runner.dropIndex("secret_versions", "secret_versions_digest");
    expect((await differences(source)).join()).toContain(`UNIQUE INDEX ${quote("secret_versions_digest")}`);
    await runner.release();
  });

  test("a second run does nothing, and nothing is pending after the first", async () => {
    await using fresh = await emptyDatabase(kind);
    await migrate(fresh.settings);
    await using opened = await openDatabase(fresh.settings);
    expect(await opened.migrationsPending()).toBe(false);
    await opened.ping();
    await opened[Symbol.asyncDispose]();
    await using source = await openSource(fresh.settings);
    const rows = await source.query(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(migrations.map(({ name }) => name));
  });

  test("a migration that the database has not seen is pending", async () => {
    await using fresh = await emptyDatabase(kind);
    await using opened = await openDatabase(fresh.settings);
    await using source = await openSource(fresh.settings);
    await source.query(`DELETE FROM ${MIGRATIONS_TABLE}`);
    expect(await opened.migrationsPending()).toBe(true);
    await source.query(`DROP TABLE ${MIGRATIONS_TABLE}`);
    expect(await opened.migrationsPending()).toBe(true);
  });

  test("a run that died in the middle is finished by the next one", async () => {
    await using fresh = await emptyDatabase(kind);
    await migrate(fresh.settings);
    await using source = await openSource(fresh.settings);
    for (const table of ["bindings", "secret_versions", "api_keys"]) await source.query(`DROP TABLE ${table}`);
    await source.query(`DELETE FROM ${MIGRATIONS_TABLE}`);
    await migrate(fresh.settings);
    expect(await differences(source)).toEqual([]);
  });

  test("keys that were there before lists had counters are found and counted like new ones", async () => {
    await using fresh = await emptyDatabase(kind);
    const rows = createRows();
    const opened = await openDatabase(fresh.settings);
    const { owner } = await storeTenant(opened.database, rows);
    const cluster = rows.cluster();
    const at = new Date("2027-06-01T00:00:00.000Z");
    const keys = (["production", "preview", "local"] as const).flatMap((environment) => [
      rows.key({ ...owner, environment }),
      rows.key({ ...owner, environment, pausedAt: at }),
      rows.key({ ...owner, environment, revokedAt: at, pausedAt: at }),
    ]);
    await opened.database.transaction(async (stores) => {
      await stores.clusters.insert(cluster);
      for (const key of keys) await stores.keys.insert(key);
      for (const key of keys.slice(1, 6))
        await stores.bindings.insert(rows.binding({ clusterId: cluster.id, keyId: key.id }));
    });
    await opened[Symbol.asyncDispose]();

    await using source = await openSource(fresh.settings);
    const stored = async () => ({
      facets: await source.query("SELECT id, facet FROM api_keys ORDER BY id"),
      counts: await source.query(
        "SELECT project_id, facet, SUM(amount) AS amount FROM key_counts GROUP BY project_id, facet ORDER BY facet",
      ),
    });
    const asWritten = await stored();
    await source.query("UPDATE api_keys SET facet = NULL");
    await source.query("DELETE FROM key_counts");
    await source.query(`DELETE FROM ${MIGRATIONS_TABLE} WHERE name LIKE 'ListsAtAnySize%'`);
    expect(await stored()).not.toEqual(asWritten);
    await migrate(fresh.settings);
    expect(await stored()).toEqual(asWritten);
  });
});

describe.each(serverKinds)("migrations of several replicas on %s", (kind) => {
  test("replicas that start at once all succeed, and one of them migrates", async () => {
    await using fresh = await emptyDatabase(kind);
    const ran: object[] = [];
    const logger = { info: (fields: object) => void ran.push(fields), warn: () => undefined };
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase(fresh.settings, { logger })));
    await Promise.all(opened.map((database) => database[Symbol.asyncDispose]()));
    expect(ran).toEqual([{ migrations: migrations.map(({ name }) => name) }]);
    await using source = await openSource(fresh.settings);
    expect(await source.query(`SELECT COUNT(*) AS runs FROM ${MIGRATIONS_TABLE}`)).toEqual([
      { runs: migrations.length },
    ]);
    expect(await differences(source)).toEqual([]);
  });

  // TypeORM's comparison leaves out character sets.
  test("text is utf8mb4, and ids, slugs and words are compared byte by byte", async () => {
    await using fresh = await emptyDatabase(kind);
    await migrate(fresh.settings);
    await using source = await openSource(fresh.settings);
    const columns: { table: string; column: string; charset: string; collation: string }[] = await source.query(
      `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation
      FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME IS NOT NULL AND TABLE_NAME <> ?`,
      [MIGRATIONS_TABLE],
    );
    const declared = source.entityMetadatas.flatMap(({ tableName, columns: all }) =>
      all
        .filter(({ collation }) => collation !== undefined)
        .map(({ databaseName, charset, collation }) => `${tableName}.${databaseName} ${charset} ${collation}`),
    );
    expect(columns.map((row) => `${row.table}.${row.column} ${row.charset} ${row.collation}`).toSorted()).toEqual(
      declared.toSorted(),
    );
    expect(new Set(columns.map(({ charset }) => charset))).toEqual(new Set(["utf8mb4"]));
    const engines = await source.query(
      "SELECT DISTINCT ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> ?",
      [MIGRATIONS_TABLE],
    );
    expect(engines).toEqual([{ engine: "InnoDB" }]);
  });
});
