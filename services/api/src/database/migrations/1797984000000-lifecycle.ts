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

const audit = ({ id, uid, word, text, int, instant, json }: ColumnTypes): TableSpec => ({
  name: "audit_entries",
  columns: {
    id: { type: id },
    at: { type: instant },
    workspace_id: { type: id, nullable: true },
    of_installation: { type: int },
    actor_kind: { type: word },
    token_id: { type: id },
    role: { type: word },
    cluster_id: { type: id, nullable: true },
    action: { type: uid },
    target_type: { type: word },
    target_id: { type: uid },
    before: { type: json, nullable: true },
    after: { type: json, nullable: true },
    ip: { type: text(45), nullable: true },
    user_agent: { type: text(200), nullable: true },
  },
  primaryKey: ["id"],
  indexes: [
    { name: "audit_entries_workspace", columns: ["workspace_id", "at", "id"] },
    { name: "audit_entries_installation", columns: ["of_installation", "at", "id"] },
    { name: "audit_entries_target", columns: ["target_id", "at", "id"] },
    { name: "audit_entries_token", columns: ["token_id", "at", "id"] },
  ],
});

const idempotency = ({ id, word, int, instant, digest }: ColumnTypes): TableSpec => ({
  name: "idempotency_keys",
  columns: {
    workspace_id: { type: id },
    procedure: { type: word },
    digest: { type: digest },
    fingerprint: { type: digest },
    key_id: { type: id },
    revision: { type: int },
    created_at: { type: instant },
  },
  primaryKey: ["workspace_id", "procedure", "digest"],
  indexes: [{ name: "idempotency_keys_created", columns: ["created_at"] }],
});

/** Columns of tables that are there, all nullable. */
const columns = ({
  text,
  json,
  int,
}: ColumnTypes): readonly (readonly [table: string, name: string, type: ColumnType])[] => [
  ["api_keys", "owner", text(200)],
  ["api_keys", "metadata", json],
  ["workspaces", "default_requests_per_minute", int],
  ["workspaces", "requests_per_minute_max", int],
  ["workspaces", "key_lifetime_days_max", int],
  ["workspaces", "keys_max", int],
  ["workspaces", "version", int],
];

/** Of `api_keys`: one for each sort of the list, one for a search by display prefix, one that answers counts alone. */
const keyIndexes: readonly IndexSpec[] = [
  { name: "api_keys_workspace_name", columns: ["workspace_id", "name", "id"] },
  { name: "api_keys_workspace_used", columns: ["workspace_id", "last_used_at", "id"] },
  { name: "api_keys_workspace_expires", columns: ["workspace_id", "expires_at", "id"] },
  { name: "api_keys_workspace_prefix", columns: ["workspace_id", "display_prefix"] },
  { name: "api_keys_workspace_facts", columns: ["workspace_id", "revoked_at", "paused_at", "expires_at"] },
];

const indexesOf = async (runner: QueryRunner, table: string): Promise<ReadonlySet<string | undefined>> =>
  new Set((await runner.getTable(table))?.indices.map(({ name }) => name));

/** A class because TypeORM makes the instance; its name, with the time in it, is what the database remembers. */
export class Lifecycle1797984000000 implements MigrationInterface {
  readonly name = "Lifecycle1797984000000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    const dialect = dialectOf(type);
    const tables = [audit(dialect.columns), idempotency(dialect.columns)];
    for (const statement of tables.flatMap((table) => createTableStatements(dialect, table)))
      await runner.query(statement);
    // No database but MariaDB can say "unless it is there", and a run may have died after any statement.
    for (const [table, name, column] of columns(dialect.columns)) {
      if (await runner.hasColumn(table, name)) continue;
      await runner.query(addColumnStatement(dialect, table, [name, column]));
    }
    const present = await indexesOf(runner, "api_keys");
    for (const index of keyIndexes) {
      if (!present.has(index.name)) await runner.query(createIndexStatement(dialect, "api_keys", index));
    }
  }

  /** Would lose what was written since: to go back is to bring back a copy of the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("this migration cannot be reverted"));
  }
}
