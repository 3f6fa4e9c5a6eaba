import type { Logger } from "typeorm";

import type { DatabaseLogger } from "./engine.ts";

const silent = (): void => undefined;

/** TypeORM's log without statements and parameters, which hold rows: what remains is that a connection broke. */
export const createTypeormLogger = (logger: DatabaseLogger | undefined): Logger => ({
  logQuery: silent,
  logQueryError: silent,
  logQuerySlow: silent,
  logSchemaBuild: silent,
  logMigration: silent,
  log: (level) => {
    if (level === "warn") logger?.warn({}, "a database connection broke");
  },
});
