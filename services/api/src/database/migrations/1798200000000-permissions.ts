import type { MigrationInterface, QueryRunner } from "typeorm";

import { dialectOf } from "../dialect.ts";
import { addColumnStatement } from "./table-statements.ts";

const TABLE = "api_keys";

/** What a key may do and from where. A class because TypeORM makes the instance; the database remembers its name. */
export class Permissions1798200000000 implements MigrationInterface {
  readonly name = "Permissions1798200000000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    // A run may have died after the first statement.
    for (const column of ["permissions", "ip_rules"]) {
      if (await runner.hasColumn(TABLE, column)) continue;
      await runner.query(addColumnStatement(dialect, TABLE, [column, dialect.columns.json]));
    }
  }

  /** Would lose what was written since: to go back is to bring back a copy of the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
