import mysql from "mysql2";

import type { ServerSettings } from "../database-url.ts";
import { CONNECT_TIMEOUT_MS, LOCK_WAIT_S, POOL_IDLE_MS, POOL_QUEUE_MAX } from "./limits.ts";

/** Options that every pool shares, by mysql2's names. */
export const connectionOptions = (settings: ServerSettings, connectionLimit: number): mysql.PoolOptions => ({
  host: settings.host,
  port: settings.port,
  user: settings.user,
  password: settings.password,
  database: settings.database,
  ...(settings.tls ? { ssl: { rejectUnauthorized: true } } : {}),
  charset: "UTF8MB4_UNICODE_CI",
  timezone: "Z",
  // Every integer of the schema is under 2^53: numbers, not text.
  supportBigNumbers: true,
  bigNumberStrings: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  connectionLimit,
  maxIdle: 1,
  idleTimeout: POOL_IDLE_MS,
  queueLimit: POOL_QUEUE_MAX,
  enableKeepAlive: true,
});

const SESSION_STATEMENTS = [
  // A conditional update must look at what is committed, not at a snapshot; and fewer gaps are locked.
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  // Refuse what does not fit instead of cutting it off, however the server is configured.
  `SET SESSION sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = ${LOCK_WAIT_S}`,
];

/** A pool whose connections are all set up alike. Its connections run the setup before whatever asked for them. */
export const createPool = (options: mysql.PoolOptions): mysql.Pool => {
  const pool = mysql.createPool(options);
  pool.on("connection", (connection) => {
    // Without a listener, a connection that breaks while idle would end the process; the pool drops it by itself.
    connection.on("error", () => undefined);
    for (const statement of SESSION_STATEMENTS) {
      connection.query(statement, (error) => {
        if (error !== null) connection.destroy();
      });
    }
  });
  return pool;
};
