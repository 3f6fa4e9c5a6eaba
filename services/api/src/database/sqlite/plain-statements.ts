import type Sqlite from "better-sqlite3";

import type { Dialect } from "../dialect.ts";
import { translateStatementFault } from "../driver-fault.ts";
import type { Bound, Send } from "../statement.ts";

/** Plain statements on a connection of better-sqlite3, each prepared once. They are few: none has a value in its text. */
export const createPlainStatements = (connection: Sqlite.Database, dialect: Dialect): Send => {
  const statements = new Map<string, Sqlite.Statement<Bound[]>>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare<Bound[]>(sql);
    statements.set(sql, statement);
    return statement;
  };
  return async (statement) => {
    try {
      const found = prepared(statement.sql);
      if (found.reader) return { rows: found.all(...statement.values) as object[], affected: 0 };
      return { rows: [], affected: found.run(...statement.values).changes };
    } catch (error) {
      throw translateStatementFault(dialect, statement, error);
    }
  };
};
