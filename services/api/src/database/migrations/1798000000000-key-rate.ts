import type { MigrationInterface, QueryRunner } from "typeorm";

import { dialectOf } from "../dialect.ts";
import { RATE_COUNTS_LENGTH } from "../schema/key-rate.ts";
import { createTableStatements } from "./table-statements.ts";

/** Where the rate limits of all replicas meet. */
export class KeyRate1798000000000 implements MigrationInterface {
  readonly name = "KeyRate1798000000000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    const { id, count, opaque } = dialect.columns;
    const statements = createTableStatements(dialect, {
      name: "key_rate",
      columns: { key_id: { type: id }, version: { type: count }, counts: { type: opaque(RATE_COUNTS_LENGTH) } },
      primaryKey: ["key_id"],
    });
    for (const statement of statements) await runner.query(statement);
  }

  /** Replicas of the version before know nothing of the table, so it may stay. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}
