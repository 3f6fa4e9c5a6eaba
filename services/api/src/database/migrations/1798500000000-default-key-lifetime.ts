import type { MigrationInterface, QueryRunner } from "typeorm";

import { dialectOf } from "../dialect.ts";
import { addColumnStatement } from "./table-statements.ts";

const TABLE = "workspaces";
const COLUMN = "default_key_lifetime_days";

/** A class because TypeORM makes the instance; its name, with the time in it, is what the database remembers. */
export class DefaultKeyLifetime1798500000000 implements MigrationInterface {
  readonly name = "DefaultKeyLifetime1798500000000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    // A run may have died after the statement.
    if (await runner.hasColumn(TABLE, COLUMN)) return;
    await runner.query(addColumnStatement(dialect, TABLE, [COLUMN, dialect.columns.int]));
  }

  /** Would lose what was written since: to go back is to bring back a copy of the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
