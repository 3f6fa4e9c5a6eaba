import type { ColumnType } from "../column-types.ts";
import type { Dialect } from "../dialect.ts";

export interface ColumnSpec {
  readonly type: ColumnType;
  readonly nullable?: true;
}

export interface IndexSpec {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique?: true;
}

export interface TableSpec {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  readonly primaryKey: readonly string[];
  readonly indexes?: readonly IndexSpec[];
  /** Each references the `id` of another table. */
  readonly foreignKeys?: readonly { readonly name: string; readonly column: string; readonly table: string }[];
}

const columnSql = (quotedName: string, { type, nullable }: ColumnSpec): string =>
  [
    quotedName,
    type.length === undefined ? type.type : `${type.type}(${type.length})`,
    type.charset === undefined ? "" : `CHARACTER SET ${type.charset} COLLATE ${type.collation}`,
    nullable ? "NULL" : "NOT NULL",
  ]
    .filter((part) => part !== "")
    .join(" ");

/** The statement that adds a column; it must be nullable, since there are rows. */
export const addColumnStatement = (
  dialect: Dialect,
  table: string,
  column: readonly [name: string, type: ColumnType],
) => {
  const quoted = (name: string): string => `${dialect.nameQuote}${name}${dialect.nameQuote}`;
  const [name, type] = column;
  return `ALTER TABLE ${quoted(table)} ADD COLUMN ${columnSql(quoted(name), { type, nullable: true })}`;
};

/** The statement that adds an index to a table that is there. */
export const createIndexStatement = (dialect: Dialect, table: string, index: IndexSpec): string => {
  const quoted = (name: string): string => `${dialect.nameQuote}${name}${dialect.nameQuote}`;
  const columns = index.columns.map(quoted).join(", ");
  return `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quoted(index.name)} ON ${quoted(table)} (${columns})`;
};

export interface IndexChanges {
  readonly add: readonly IndexSpec[];
  /** By name. */
  readonly drop: readonly string[];
}

/** The statements that change the indexes of a table that is there; a server does all of them in one pass. */
export const changeIndexesStatements = (dialect: Dialect, table: string, changes: IndexChanges): readonly string[] => {
  const quoted = (name: string): string => `${dialect.nameQuote}${name}${dialect.nameQuote}`;
  const { add, drop } = changes;
  if (!dialect.inlineIndexes) {
    const created = add.map((index) => createIndexStatement(dialect, table, index));
    return [...created, ...drop.map((name) => `DROP INDEX ${quoted(name)}`)];
  }
  const parts = [
    ...add.map(({ name, columns }) => `ADD KEY ${quoted(name)} (${columns.map(quoted).join(", ")})`),
    ...drop.map((name) => `DROP KEY ${quoted(name)}`),
  ];
  return parts.length === 0 ? [] : [`ALTER TABLE ${quoted(table)} ${parts.join(", ")}`];
};

/**
 * The statements that create the table where it does not exist. MySQL commits each one by itself, so each may have been
 * run before by an attempt that died: all of them can be run again.
 */
export const createTableStatements = (dialect: Dialect, table: TableSpec): readonly string[] => {
  const quoted = (name: string): string => `${dialect.nameQuote}${name}${dialect.nameQuote}`;
  const list = (names: readonly string[]): string => names.map(quoted).join(", ");
  const indexes = table.indexes ?? [];
  const parts = [
    ...Object.entries(table.columns).map(([name, column]) => columnSql(quoted(name), column)),
    `PRIMARY KEY (${list(table.primaryKey)})`,
    ...(dialect.inlineIndexes
      ? indexes.map(({ name, columns, unique }) => `${unique ? "UNIQUE " : ""}KEY ${quoted(name)} (${list(columns)})`)
      : []),
    ...(table.foreignKeys ?? []).map(
      ({ name, column, table: target }) =>
        `CONSTRAINT ${quoted(name)} FOREIGN KEY (${quoted(column)}) REFERENCES ${quoted(target)} (${quoted("id")}) ON DELETE RESTRICT ON UPDATE RESTRICT`,
    ),
  ];
  const create = `CREATE TABLE IF NOT EXISTS ${quoted(table.name)} (${parts.join(", ")})${dialect.tableSuffix}`;
  if (dialect.inlineIndexes) return [create];
  return [
    create,
    ...indexes.map(
      ({ name, columns, unique }) =>
        `CREATE ${unique ? "UNIQUE " : ""}INDEX IF NOT EXISTS ${quoted(name)} ON ${quoted(table.name)} (${list(columns)})`,
    ),
  ];
};
