import type { MigrationInterface, QueryRunner } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { dialectOf } from "../dialect.ts";
import {
  addColumnStatement,
  changeIndexesStatements,
  createTableStatements,
  type IndexSpec,
  type TableSpec,
} from "./table-statements.ts";

const counts = ({ id, int, count }: ColumnTypes): TableSpec => ({
  name: "key_counts",
  columns: {
    workspace_id: { type: id },
    project_id: { type: id },
    facet: { type: int },
    shard: { type: int },
    amount: { type: count },
  },
  primaryKey: ["workspace_id", "project_id", "facet", "shard"],
});

const sorts = { "": [], _name: ["name"], _used: ["last_used_at"], _expires: ["expires_at"] } as const;

const indexes: readonly IndexSpec[] = ["workspace", "project"].flatMap((group) =>
  Object.entries(sorts).map(([suffix, columns]) => ({
    name: `api_keys_${group}_facet${suffix}`,
    columns: [`${group}_id`, "facet", ...columns, "id"],
  })),
);

/** What the new ones do better. */
const superseded = ["api_keys_workspace_facts", "api_keys_workspace_project", "api_keys_project"];

/** The numbers of `key-index/facet.ts` as they were when this was written, without what has expired. */
const FILL_FACETS = `UPDATE api_keys SET facet =
  (CASE environment WHEN 'production' THEN 0 WHEN 'preview' THEN 8 ELSE 16 END)
  + (CASE WHEN revoked_at IS NOT NULL THEN 6 WHEN paused_at IS NOT NULL THEN 2 ELSE 0 END)
  + (CASE WHEN EXISTS (SELECT 1 FROM bindings b WHERE b.key_id = api_keys.id AND b.released_at IS NULL) THEN 1 ELSE 0 END)`;

const FILL_COUNTS = `INSERT INTO key_counts (workspace_id, project_id, facet, shard, amount)
  SELECT workspace_id, project_id, facet, 0, COUNT(*) FROM api_keys GROUP BY workspace_id, project_id, facet`;

const indexesOf = async (runner: QueryRunner): Promise<ReadonlySet<string | undefined>> =>
  new Set((await runner.getTable("api_keys"))?.indices.map(({ name }) => name));

/** A class because TypeORM makes the instance; its name, with the time in it, is what the database remembers. */
export class ListsAtAnySize1798400000000 implements MigrationInterface {
  readonly name = "ListsAtAnySize1798400000000";

  /** Each step can be run again: a run may have died after any statement. */
  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    for (const statement of createTableStatements(dialect, counts(dialect.columns))) await runner.query(statement);
    if (!(await runner.hasColumn("api_keys", "facet")))
      await runner.query(addColumnStatement(dialect, "api_keys", ["facet", dialect.columns.int]));
    await runner.query(FILL_FACETS);
    await runner.query("DELETE FROM key_counts");
    await runner.query(FILL_COUNTS);
    const present = await indexesOf(runner);
    const add = indexes.filter(({ name }) => !present.has(name));
    const drop = superseded.filter((name) => present.has(name));
    for (const statement of changeIndexesStatements(dialect, "api_keys", { add, drop })) await runner.query(statement);
  }

  /** A version before this one would write keys that no list finds. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
