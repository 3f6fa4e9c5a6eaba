import { type Connection, createConnection } from "mysql2/promise";
import { waitUntil } from "../wait-until.ts";

const CONNECT_TIMEOUT_MS = 5000;

/** Runs `use` on a connection of its own. */
export const withConnection = async <T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await createConnection({ uri: url, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    return await use(connection);
  } finally {
    await connection.end().catch(() => connection.destroy());
  }
};

/** For example `9.7.4` or `10.11.18-MariaDB-0+deb12u1`. Also the check that a server serves. */
export const readVersion = (url: string): Promise<string> =>
  withConnection(url, async (connection) => {
    const [rows] = await connection.query("select version() as version");
    return String((rows as { version: unknown }[])[0]?.version);
  });

/** Waits until the server answers a query, not only until its port is open. */
export const waitUntilServing = (url: string, timeoutMs = 60_000): Promise<string> =>
  waitUntil(() => readVersion(url), { what: `${new URL(url).host} answers a query`, timeoutMs });
