import type { EntityMetadata } from "typeorm";
import { placeholders } from "./id-list.ts";
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

/** The columns that a record has: some are of use to statements only. */
const selected = ({ columns }: EntityMetadata): readonly ColumnMetadata[] => columns.filter(({ isSelect }) => isSelect);

const plainTable = (metadata: EntityMetadata): PlainTable => {
  const known = tables.get(metadata);
  if (known !== undefined) return known;
  const { tableName, columns, dataSource } = metadata;
  const escape = (name: string) => dataSource.driver.escape(name);
  const namesOf = (some: readonly ColumnMetadata[]) => some.map(({ databaseName }) => escape(databaseName)).join(", ");
  const row = `(${placeholders(columns.length)})`;
  const table = {
    insert: `INSERT INTO ${escape(tableName)}(${namesOf(columns)}) VALUES ${row}`,
    row,
    select: `SELECT ${namesOf(selected(metadata))} FROM ${escape(tableName)}`,
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

/**
 * What stands behind WHERE, in the names of the columns; and for each of its placeholders, in their order, the property
 * that it is compared with, and the value.
 */
export interface RowCondition<Row extends object> {
  readonly sql: string;
  readonly values: readonly (readonly [property: keyof Row & string, value: unknown])[];
}

/** Finds the rows for which the condition holds. TypeORM builds the same statement anew each time, here too. */
export const selectStatement = <Row extends object>(
  metadata: EntityMetadata,
  { sql, values }: RowCondition<Row>,
): Statement => ({
  sql: `${plainTable(metadata).select} WHERE ${sql}`,
  values: values.map(([property, value]) => stored(metadata, columnOf(metadata, property), value)),
});

/** Finds the one row with these values. */
export const findStatement = (metadata: EntityMetadata, where: Fields): Statement => {
  const { driver } = metadata.dataSource;
  const equals = Object.keys(where).map((name) => `${driver.escape(columnOf(metadata, name).databaseName)} = ?`);
  return selectStatement<Record<string, unknown>>(metadata, {
    sql: `${equals.join(" AND ")} LIMIT 1`,
    values: Object.entries(where),
  });
};

/** Writes into the rows that have all of these values. */
export const updateStatement = (metadata: EntityMetadata, where: Fields, set: Fields): Statement => {
  const { driver } = metadata.dataSource;
  const nameOf = (property: string) => driver.escape(columnOf(metadata, property).databaseName);
  const bound = ([property, value]: readonly [string, unknown]) =>
    stored(metadata, columnOf(metadata, property), value);
  const given = Object.entries(where).filter(([, value]) => value !== null);
  const equals = Object.entries(where).map(([name, value]) => `${nameOf(name)} ${value === null ? "IS NULL" : "= ?"}`);
  const changes = Object.keys(set).map((name) => `${nameOf(name)} = ?`);
  return {
    sql: `UPDATE ${driver.escape(metadata.tableName)} SET ${changes.join(", ")} WHERE ${equals.join(" AND ")}`,
    values: [...Object.entries(set), ...given].map(bound),
    table: metadata.tableName,
  };
};

/** The record of a row that was found, as TypeORM would make it. */
export const recordOf = (metadata: EntityMetadata, row: Fields): object => {
  const { driver } = metadata.dataSource;
  const record: Record<string, unknown> = {};
  for (const column of selected(metadata))
    record[column.propertyName] = driver.prepareHydratedValue(row[column.databaseName], column);
  return record;
};
