import { DatabaseSync } from "node:sqlite";

/** All rows of all tables of an SQLite file that a service has open, as text that can be compared. */
export const dumpSqlite = (databaseUrl: string): string => {
  const database = new DatabaseSync(databaseUrl.replace(/^sqlite:/, ""), { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    const rows = tables.map(({ name }) => [name, database.prepare(`SELECT * FROM "${String(name)}"`).all()]);
    return JSON.stringify(rows);
  } finally {
    database.close();
  }
};
