import type { EntityManager } from "typeorm";

import { dialectOf } from "../dialect.ts";
import type { Condition, Stretch } from "./stretches.ts";

export interface Reading {
  /** The column whose value is the place in the list. */
  readonly column: string;
  readonly direction: "ASC" | "DESC";
  readonly limit: number;
  /** Of every stretch. */
  readonly also: readonly Condition[];
}

/** A SELECT of `id` and `place`, with its named parameters. */
export interface IdQuery {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export const dialectIn = (manager: EntityManager) => {
  const { type } = manager.dataSource.options;
  if (type !== "mysql" && type !== "mariadb" && type !== "better-sqlite3") throw new Error(`no dialect for ${type}`);
  return dialectOf(type);
};

/** The keys of all stretches in one order, `limit` at most: each index is read that far and no further. */
export const idsOf = (manager: EntityManager, stretches: readonly Stretch[], reading: Reading): IdQuery => {
  const { column, direction, limit, also } = reading;
  const dialect = dialectIn(manager);
  const order = column === "id" ? `id ${direction}` : `${column} ${direction}, id ${direction}`;
  const select = ({ index, conditions }: Stretch): string => {
    const where = [...conditions, ...also].map(({ sql }) => `(${sql})`).join(" AND ");
    return `SELECT id, ${column} AS place FROM api_keys ${dialect.useIndex(index)} WHERE ${where} ORDER BY ${order} LIMIT ${limit}`;
  };
  const parameters: Record<string, unknown> = Object.assign(
    {},
    ...[...stretches.flatMap(({ conditions }) => conditions), ...also].map((condition) => condition.parameters ?? {}),
  );
  const [only] = stretches;
  if (only !== undefined && stretches.length === 1) return { sql: select(only), parameters };
  const parts = stretches.map((stretch, at) => `SELECT id, place FROM (${select(stretch)}) s${at}`).join(" UNION ALL ");
  const sql = `SELECT id, place FROM (${parts}) parts ORDER BY place ${direction}, id ${direction} LIMIT ${limit}`;
  return { sql, parameters };
};
