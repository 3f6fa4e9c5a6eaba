import type { MigrationInterface, QueryRunner } from "typeorm";

import type { ColumnType, ColumnTypes } from "../column-types.ts";
import { dialectOf } from "../dialect.ts";
import { addColumnStatement } from "./table-statements.ts";

const columns = ({
  count,
  word,
  int,
}: ColumnTypes): readonly (readonly [table: string, name: string, type: ColumnType])[] => [
  ["workspaces", "quota_per_month", count],
  ["workspaces", "quota_mode", word],
  ["usage_months", "told_percent", int],
];

/** A class because TypeORM makes the instance; its name, with the time in it, is what the database remembers. */
export class Quota1798100000001 implements MigrationInterface {
  readonly name = "Quota1798100000001";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    for (const [table, name, column] of columns(dialect.columns)) {
      if (await runner.hasColumn(table, name)) continue;
      await runner.query(addColumnStatement(dialect, table, [name, column]));
    }
  }

  /** Would lose what was written since: to go back is to bring back a copy of the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
