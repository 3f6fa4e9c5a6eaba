import type { MigrationInterface, QueryRunner } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import type { Dialect } from "../dialect.ts";
import { dialectOf } from "../dialect.ts";
import { createTableStatements, type TableSpec } from "./table-statements.ts";

const tenants = ({ id, slug, text, instant }: ColumnTypes): readonly TableSpec[] => [
  {
    name: "workspaces",
    columns: { id: { type: id }, slug: { type: slug }, name: { type: text(100) }, created_at: { type: instant } },
    primaryKey: ["id"],
    indexes: [{ name: "workspaces_slug", columns: ["slug"], unique: true }],
  },
  {
    name: "projects",
    columns: {
      id: { type: id },
      workspace_id: { type: id },
      slug: { type: slug },
      name: { type: text(100) },
      created_at: { type: instant },
    },
    primaryKey: ["id"],
    indexes: [{ name: "projects_workspace_slug", columns: ["workspace_id", "slug"], unique: true }],
    foreignKeys: [{ name: "projects_workspace_id", column: "workspace_id", table: "workspaces" }],
  },
  {
    name: "clusters",
    columns: { id: { type: id }, slug: { type: slug }, created_at: { type: instant } },
    primaryKey: ["id"],
    indexes: [{ name: "clusters_slug", columns: ["slug"], unique: true }],
  },
  {
    name: "cluster_workspaces",
    columns: { cluster_id: { type: id }, workspace_id: { type: id } },
    primaryKey: ["cluster_id", "workspace_id"],
    indexes: [{ name: "cluster_workspaces_workspace", columns: ["workspace_id"] }],
    foreignKeys: [
      { name: "cluster_workspaces_cluster", column: "cluster_id", table: "clusters" },
      { name: "cluster_workspaces_workspace_id", column: "workspace_id", table: "workspaces" },
    ],
  },
];

const tokens = ({ id, word, text, int, instant, digest }: ColumnTypes): TableSpec => ({
  name: "management_tokens",
  columns: {
    id: { type: id },
    name: { type: text(100) },
    role: { type: word },
    workspace_id: { type: id, nullable: true },
    cluster_id: { type: id, nullable: true },
    digest: { type: digest },
    pepper_version: { type: int },
    display_prefix: { type: text(64) },
    expires_at: { type: instant, nullable: true },
    revoked_at: { type: instant, nullable: true },
    created_at: { type: instant },
  },
  primaryKey: ["id"],
  indexes: [
    { name: "management_tokens_digest", columns: ["digest"], unique: true },
    { name: "management_tokens_workspace", columns: ["workspace_id", "id"] },
    { name: "management_tokens_cluster", columns: ["cluster_id"] },
  ],
  foreignKeys: [
    { name: "management_tokens_workspace_id", column: "workspace_id", table: "workspaces" },
    { name: "management_tokens_cluster_id", column: "cluster_id", table: "clusters" },
  ],
});

const keys = ({ id, word, text, int, instant }: ColumnTypes): TableSpec => ({
  name: "api_keys",
  columns: {
    id: { type: id },
    workspace_id: { type: id },
    project_id: { type: id },
    name: { type: text(100) },
    environment: { type: word },
    requests_per_minute: { type: int },
    expires_at: { type: instant, nullable: true },
    paused_at: { type: instant, nullable: true },
    paused_by: { type: word, nullable: true },
    revoked_at: { type: instant, nullable: true },
    last_used_at: { type: instant, nullable: true },
    revision: { type: int },
    latest_revision: { type: int },
    display_prefix: { type: text(64), nullable: true },
    created_at: { type: instant },
    updated_at: { type: instant },
    version: { type: int },
  },
  primaryKey: ["id"],
  indexes: [
    { name: "api_keys_workspace", columns: ["workspace_id", "id"] },
    { name: "api_keys_workspace_project", columns: ["workspace_id", "project_id", "id"] },
    { name: "api_keys_project", columns: ["project_id"] },
  ],
  foreignKeys: [
    { name: "api_keys_workspace_id", column: "workspace_id", table: "workspaces" },
    { name: "api_keys_project_id", column: "project_id", table: "projects" },
  ],
});

const delivery = ({ id, uid, text, int, instant, digest }: ColumnTypes): readonly TableSpec[] => [
  {
    name: "secret_versions",
    columns: {
      id: { type: id },
      key_id: { type: id },
      revision: { type: int },
      digest: { type: digest },
      pepper_version: { type: int },
      display_prefix: { type: text(64) },
      created_at: { type: instant },
      confirmed_at: { type: instant, nullable: true },
      valid_until: { type: instant, nullable: true },
    },
    primaryKey: ["id"],
    indexes: [
      { name: "secret_versions_digest", columns: ["digest"], unique: true },
      { name: "secret_versions_key_revision", columns: ["key_id", "revision"] },
    ],
    foreignKeys: [{ name: "secret_versions_key_id", column: "key_id", table: "api_keys" }],
  },
  {
    name: "bindings",
    columns: {
      cluster_id: { type: id },
      owner_uid: { type: uid },
      namespace: { type: text(63) },
      name: { type: text(253) },
      key_id: { type: id, nullable: true },
      released_at: { type: instant, nullable: true },
    },
    primaryKey: ["cluster_id", "owner_uid"],
    indexes: [{ name: "bindings_key", columns: ["key_id"] }],
    foreignKeys: [
      { name: "bindings_cluster_id", column: "cluster_id", table: "clusters" },
      { name: "bindings_key_id", column: "key_id", table: "api_keys" },
    ],
  },
];

const statements = (dialect: Dialect): readonly string[] => {
  const types = dialect.columns;
  const tables = [...tenants(types), tokens(types), keys(types), ...delivery(types)];
  return tables.flatMap((table) => createTableStatements(dialect, table));
};

/** A class because TypeORM makes the instance; its name, with the time in it, is what the database remembers. */
export class CreateTables1795305600000 implements MigrationInterface {
  readonly name = "CreateTables1795305600000";

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.dataSource.options;
    if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3")
      throw new Error(`no migrations for ${type}`);
    for (const statement of statements(dialectOf(type))) await runner.query(statement);
  }

  /** There is nothing before the first migration: to go back is to drop the database. */
  down(): Promise<void> {
    return Promise.reject(new Error("the first migration cannot be reverted"));
  }
}
