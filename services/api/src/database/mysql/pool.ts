import mysql from "mysql2";

import type { ServerSettings } from "../database-url.ts";
import { driverFields } from "../dialect.ts";
import type { DatabaseLogger } from "../engine.ts";
import type { ServerLimits } from "./limits.ts";

export interface PoolInput {
  readonly settings: ServerSettings;
  readonly limits: ServerLimits;
  readonly logger: DatabaseLogger | undefined;
}

export interface PoolSize {
  readonly connectionsMax: number;
  /** Whether several statements may go in one packet. */
  readonly inPackets?: boolean;
}

const poolOptions = (
  { settings, limits }: PoolInput,
  { connectionsMax, inPackets = false }: PoolSize,
): mysql.PoolOptions => ({
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
  connectTimeout: limits.connectTimeoutMs,
  // All of them stay open: mysql2 closes what is above `maxIdle` every second, and a prepared statement with it.
  connectionLimit: connectionsMax,
  multipleStatements: inPackets,
  queueLimit: limits.queueMax,
  enableKeepAlive: true,
});

const sessionStatements = ({ lockWaitS }: ServerLimits): readonly string[] => [
  // A conditional update must look at what is committed, not at a snapshot; and fewer gaps are locked.
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  // Refuse what does not fit instead of cutting it off, however the server is configured.
  `SET SESSION sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = ${lockWaitS}`,
];

/** What a pool's connection has besides its queries. */
export interface BreakableConnection {
  destroy(): void;
  readonly stream: { destroy(error?: Error): void };
}

/**
 * Ends a connection at once, without the goodbye that nobody may be there to hear. `destroy` alone leaves its socket
 * open until the other side closes it, and the statements that wait in it waiting for ever.
 */
export const breakConnection = (connection: BreakableConnection, cause: unknown): void => {
  const error = new Error("the connection was given up", { cause });
  connection.stream.destroy(Object.assign(error, { code: "PROTOCOL_CONNECTION_LOST", fatal: true }));
  connection.destroy();
};

/** A pool whose connections are all set up alike: the setup runs before what the connection was made for. */
export const createPool = (input: PoolInput, size: PoolSize): mysql.Pool => {
  const pool = mysql.createPool(poolOptions(input, size));
  pool.on("connection", (connection) => {
    // Without a listener, a connection that breaks while idle would end the process. The pool drops it by itself.
    connection.on("error", (error) => {
      input.logger?.warn({ code: driverFields(error).code }, "a database connection broke");
    });
    for (const sql of sessionStatements(input.limits)) {
      connection.query({ sql, timeout: input.limits.queryTimeoutMs }, (error) => {
        if (error !== null) breakConnection(connection as unknown as BreakableConnection, error);
      });
    }
  });
  return pool;
};
