import mysql from "mysql2";
import { DataSource } from "typeorm";

import { dialectOf } from "../dialect.ts";
import { MIGRATIONS_TABLE, migrations } from "../migrations/migrations.ts";
import { schemaFor } from "../schema/schema.ts";
import { createTypeormLogger } from "../typeorm-logger.ts";
import { createPool, type PoolInput } from "./pool.ts";

export interface ServerSourceOptions {
  readonly connectionsMax: number;
  /** 0: none. */
  readonly queryTimeoutMs: number;
}

/** Opens a pool through TypeORM. */
export const openServerSource = async (input: PoolInput, options: ServerSourceOptions): Promise<DataSource> => {
  const { type, database } = input.settings;
  const { connectionsMax, queryTimeoutMs } = options;
  const source = new DataSource({
    type,
    database,
    bigNumberStrings: false,
    // TypeORM asks its driver for a pool: ours sets up each connection, and has the options that TypeORM cannot name.
    driver: { ...mysql, createPool: () => createPool(input, { connectionsMax, inPackets: true }) },
    ...(queryTimeoutMs > 0 ? { maxQueryExecutionTime: queryTimeoutMs, enableQueryTimeout: true } : {}),
    entities: schemaFor(dialectOf(type).columns),
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    // Each statement that defines a table commits by itself.
    migrationsTransactionMode: "none",
    logger: createTypeormLogger(),
  });
  return source.initialize();
};
