import type { DataSource, EntityManager, EntityMetadata } from "typeorm";

interface Insertion {
  readonly sql: string;
  readonly columns: EntityMetadata["columns"];
}

const insertions = new WeakMap<EntityMetadata, Insertion>();

const insertionFor = ({ driver }: DataSource, metadata: EntityMetadata): Insertion => {
  const known = insertions.get(metadata);
  if (known !== undefined) return known;
  const { tableName, columns } = metadata;
  const names = columns.map(({ databaseName }) => driver.escape(databaseName)).join(", ");
  const sql = `INSERT INTO ${driver.escape(tableName)}(${names}) VALUES (${columns.map(() => "?").join(", ")})`;
  const insertion = { sql, columns };
  insertions.set(metadata, insertion);
  return insertion;
};

/**
 * Inserts one whole row. TypeORM's own `insert` builds the same statement anew each time, which costs more than to run
 * it: creating a key would take twice as long.
 */
export const insertRow = async (manager: EntityManager, table: string, row: object): Promise<void> => {
  const { dataSource } = manager;
  const { sql, columns } = insertionFor(dataSource, dataSource.getMetadata(table));
  const values = columns.map((column) =>
    dataSource.driver.preparePersistentValue((row as Readonly<Record<string, unknown>>)[column.propertyName], column),
  );
  await manager.query(sql, values);
};
