import mysql from "mysql2";
import { DataSource } from "typeorm";

import type { ServerSettings } from "../database-url.ts";
import { dialectOf } from "../dialect.ts";
import type { DatabaseLogger } from "../engine.ts";
import { MIGRATIONS_TABLE, migrations } from "../migrations/migrations.ts";
import { schemaFor } from "../schema/schema.ts";
import { createTypeormLogger } from "../typeorm-logger.ts";
import { connectionOptions, createPool } from "./connection-options.ts";

export interface ServerSourceOptions {
  readonly settings: ServerSettings;
  readonly connectionsMax: number;
  /** 0: none. */
  readonly queryTimeoutMs: number;
  readonly logger: DatabaseLogger | undefined;
}

/** Opens a pool through TypeORM. */
export const openServerSource = async (options: ServerSourceOptions): Promise<DataSource> => {
  const { settings, connectionsMax, queryTimeoutMs, logger } = options;
  const source = new DataSource({
    type: settings.type,
    database: settings.database,
    bigNumberStrings: false,
    // TypeORM asks its driver for a pool: ours sets up each connection, and has the options that TypeORM cannot name.
    driver: { ...mysql, createPool: () => createPool(connectionOptions(settings, connectionsMax)) },
    ...(queryTimeoutMs > 0 ? { maxQueryExecutionTime: queryTimeoutMs, enableQueryTimeout: true } : {}),
    entities: schemaFor(dialectOf(settings.type).columns),
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    // Each statement that defines a table commits by itself.
    migrationsTransactionMode: "none",
    logger: createTypeormLogger(logger),
  });
  return source.initialize();
};
