import type { RowInsert, Statement } from "../statement.ts";

const isInsert = (statement: Statement): statement is RowInsert => statement.rowSql !== undefined;

const merged = (rows: readonly RowInsert[]): Statement => {
  const [first] = rows;
  if (first === undefined || rows.length === 1) return first as Statement;
  const more = rows.slice(1).map(({ rowSql }) => `, ${rowSql}`);
  return { ...first, sql: first.sql + more.join(""), values: rows.flatMap(({ values }) => values) };
};

/**
 * Inserts of whole rows that follow each other become one for each table, in the order in which the tables come first:
 * a row that refers to another one of the same work stays behind it.
 */
export const mergeInserts = (statements: readonly Statement[]): readonly Statement[] => {
  const done: Statement[] = [];
  let tables = new Map<string, RowInsert[]>();
  const flush = () => {
    done.push(...[...tables.values()].map(merged));
    tables = new Map();
  };
  for (const statement of statements) {
    if (isInsert(statement)) {
      const rows = tables.get(statement.sql);
      if (rows === undefined) tables.set(statement.sql, [statement]);
      else rows.push(statement);
      continue;
    }
    flush();
    done.push(statement);
  }
  flush();
  return done;
};
