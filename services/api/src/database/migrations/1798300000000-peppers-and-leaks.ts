import type { MigrationInterface, QueryRunner } from "typeorm";

import type { ColumnType, ColumnTypes } from "../column-types.ts";
import { dialectOf } from "../dialect.ts";
import {
  addColumnStatement,
  createIndexStatement,
  createTableStatements,
  type IndexSpec,
  type TableSpec,
} from "./table-statements.ts";

const peppers = ({ int, digest, instant }: ColumnTypes): TableSpec => ({
  name: "peppers",
  columns: {
    version: { type: int },
    fingerprint: { type: digest, nullable: true },
    first_seen_at: { type: instant, nullable: true },
    retired_at: { type: instant, nullable: true },
  },
  primaryKey: ["version"],
});

/** Columns of tables that are there, all nullable. */
const columns = ({
  instant,
  word,
}: ColumnTypes): readonly (readonly [table: string, name: string, type: ColumnType])[] => [
  ["secret_versions", "leaked_at", instant],
  ["management_tokens", "leaked_at", instant],
  ["workspaces", "leak_policy", word],
];

/** Answers how much needs each pepper, and whether anything needs a missing one, without a look at the table. */
const usageIndex: IndexSpec = { name: "secret_versions_pepper", columns: ["pepper_version", "valid_until"] };

/** The peppers that an installation was used with, and what scanners found in public. */
export class PeppersAndLeaks1798300000000 implements MigrationInterface {
  readonly name = "PeppersAndLeaks1798300000000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    for (const statement of createTableStatements(dialect, peppers(dialect.columns))) await runner.query(statement);
    // No database but MariaDB can say "unless it is there", and a run may have died after any statement.
    for (const [table, name, column] of columns(dialect.columns)) {
      if (await runner.hasColumn(table, name)) continue;
      await runner.query(addColumnStatement(dialect, table, [name, column]));
    }
    const indexes = (await runner.getTable("secret_versions"))?.indices.map(({ name }) => name) ?? [];
    if (!indexes.includes(usageIndex.name)) {
      await runner.query(createIndexStatement(dialect, "secret_versions", usageIndex));
    }
  }

  /** Would lose what was written since: to go back is to bring back a copy of the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
