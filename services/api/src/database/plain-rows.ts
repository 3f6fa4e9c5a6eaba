import type { EntityMetadata } from "typeorm";

import type { Bound, RowInsert, Statement } from "./statement.ts";

type ColumnMetadata = EntityMetadata["columns"][number];
type Fields = Readonly<Record<string, unknown>>;

/** What is the same for every row of a table. */
interface PlainTable {
  readonly insert: string;
  /** Its end: the placeholders of a row. */
  readonly row: string;
  readonly select: string;
}

const tables = new WeakMap<EntityMetadata, PlainTable>();

const plainTable = (metadata: EntityMetadata): PlainTable => {
  const known = tables.get(metadata);
  if (known !== undefined) return known;
  const { tableName, columns, dataSource } = metadata;
  const escape = (name: string) => dataSource.driver.escape(name);
  const names = columns.map(({ databaseName }) => escape(databaseName)).join(", ");
  const row = `(${columns.map(() => "?").join(", ")})`;
  const table = {
    insert: `INSERT INTO ${escape(tableName)}(${names}) VALUES ${row}`,
    row,
    select: `SELECT ${names} FROM ${escape(tableName)}`,
  };
  tables.set(metadata, table);
  return table;
};

const stored = ({ dataSource }: EntityMetadata, column: ColumnMetadata, value: unknown): Bound =>
  (dataSource.driver.preparePersistentValue(value, column) as Bound | undefined) ?? null;

/** Inserts one whole row. TypeORM builds the same statement anew each time, which costs more than to run it. */
export const insertStatement = (metadata: EntityMetadata, row: object): RowInsert => ({
  sql: plainTable(metadata).insert,
  rowSql: plainTable(metadata).row,
  values: metadata.columns.map((column) => stored(metadata, column, (row as Fields)[column.propertyName])),
  table: metadata.tableName,
});

const columnOf = (metadata: EntityMetadata, property: string): ColumnMetadata => {
  const column = metadata.findColumnWithPropertyName(property);
  if (column === undefined) throw new Error(`${metadata.tableName} has no ${property}`);
  return column;
};

/** Finds the one row with these values. */
export const findStatement = (metadata: EntityMetadata, where: Fields): Statement => {
  const wanted = Object.entries(where).map(([property, value]) => ({ column: columnOf(metadata, property), value }));
  const conditions = wanted.map(({ column }) => `${metadata.dataSource.driver.escape(column.databaseName)} = ?`);
  return {
    sql: `${plainTable(metadata).select} WHERE ${conditions.join(" AND ")} LIMIT 1`,
    values: wanted.map(({ column, value }) => stored(metadata, column, value)),
  };
};

/** The record of a row that was found, as TypeORM would make it. */
export const recordOf = (metadata: EntityMetadata, row: Fields): object => {
  const { driver } = metadata.dataSource;
  const record: Record<string, unknown> = {};
  for (const column of metadata.columns)
    record[column.propertyName] = driver.prepareHydratedValue(row[column.databaseName], column);
  return record;
};
