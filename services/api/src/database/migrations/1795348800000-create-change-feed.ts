import type { MigrationInterface, QueryRunner } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { dialectOf } from "../dialect.ts";
import { createTableStatements, type TableSpec } from "./table-statements.ts";

const feed = ({ id, int, count }: ColumnTypes): readonly TableSpec[] => [
  { name: "key_changes", columns: { id: { type: id }, key_id: { type: id } }, primaryKey: ["id"] },
  {
    name: "replicas",
    columns: { id: { type: id }, beat: { type: count }, lease_ms: { type: int } },
    primaryKey: ["id"],
  },
];

/** What replicas talk through. An embedded database has the tables too, so that the schema is one, and leaves them empty. */
export class CreateChangeFeed1795348800000 implements MigrationInterface {
  readonly name = "CreateChangeFeed1795348800000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    const statements = feed(dialect.columns).flatMap((table) => createTableStatements(dialect, table));
    for (const statement of statements) await runner.query(statement);
  }

  /** Replicas of the version before know nothing of the tables, so they may stay. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}
