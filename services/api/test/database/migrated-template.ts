import { createConnection, type RowDataPacket } from "mysql2/promise";

import { parseDatabaseUrl } from "../../src/database/database-url.ts";
import { openDatabase } from "../../src/database/open-database.ts";

const NAME = "itsy_template";

/**
 * Gives an empty database the schema, and the rows, that the migrations leave. They run once for each server, in a
 * database of its own: running them for every test takes longer than most tests.
 */
export const fillFromTemplate = async (url: string): Promise<void> => {
  const template = new URL(url);
  template.pathname = `/${NAME}`;
  const target = new URL(url);
  const connection = await createConnection({
    host: target.hostname,
    port: Number(target.port),
    user: decodeURIComponent(target.username),
    password: decodeURIComponent(target.password),
    database: target.pathname.slice(1),
  });
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${NAME} CHARACTER SET utf8mb4`);
    // One process at a time migrates; whoever comes later finds it done.
    await using _ = await openDatabase(parseDatabaseUrl(template.href));
    const [tables] = await connection.query<RowDataPacket[]>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?",
      [NAME],
    );
    // They refer to one another.
    await connection.query("SET foreign_key_checks = 0");
    for (const { name } of tables) {
      const [[shown]] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${NAME}.${name}`);
      await connection.query(String(shown?.["Create Table"]));
      await connection.query(`INSERT INTO ${name} SELECT * FROM ${NAME}.${name}`);
    }
  } finally {
    await connection.end();
  }
};
