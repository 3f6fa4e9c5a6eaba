import type { Logger } from "typeorm";

const silent = (): void => undefined;

/** TypeORM logs nothing: its lines are statements and parameters, which hold rows. What matters, the engines log. */
export const createTypeormLogger = (): Logger => ({
  logQuery: silent,
  logQueryError: silent,
  logQuerySlow: silent,
  logSchemaBuild: silent,
  logMigration: silent,
  log: silent,
});
