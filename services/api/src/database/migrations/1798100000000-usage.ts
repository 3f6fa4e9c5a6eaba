import type { MigrationInterface, QueryRunner } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { dialectOf } from "../dialect.ts";
import { addColumnStatement, createTableStatements, type TableSpec } from "./table-statements.ts";

const tables = ({ id, uid, count, instant }: ColumnTypes): readonly TableSpec[] => [
  {
    name: "usage_hours",
    columns: {
      scope_id: { type: id },
      hour: { type: instant },
      outcome: { type: uid },
      requests: { type: count },
      cost: { type: count },
    },
    primaryKey: ["scope_id", "hour", "outcome"],
    indexes: [{ name: "usage_hours_hour", columns: ["hour", "scope_id"] }],
  },
  {
    name: "usage_months",
    columns: { workspace_id: { type: id }, month: { type: instant }, cost: { type: count } },
    primaryKey: ["workspace_id", "month"],
  },
  {
    name: "usage_writers",
    columns: { id: { type: id }, batch: { type: count }, seen_at: { type: instant } },
    primaryKey: ["id"],
  },
];

/** A class because TypeORM makes the instance; its name, with the time in it, is what the database remembers. */
export class Usage1798100000000 implements MigrationInterface {
  readonly name = "Usage1798100000000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    for (const statement of tables(dialect.columns).flatMap((table) => createTableStatements(dialect, table)))
      await runner.query(statement);
    if (await runner.hasColumn("secret_versions", "last_used_at")) return;
    await runner.query(addColumnStatement(dialect, "secret_versions", ["last_used_at", dialect.columns.instant]));
  }

  /** Would lose what was counted since: to go back is to bring back a copy of the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
