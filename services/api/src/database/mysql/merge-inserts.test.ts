import { expect, test } from "vitest";

import type { Statement } from "../statement.ts";
import { mergeInserts } from "./merge-inserts.ts";

const insert = (table: string, value: number): Statement => ({
  sql: `INSERT INTO ${table}(a, b) VALUES (?, ?)`,
  rowSql: "(?, ?)",
  values: [value, null],
  table,
});
const other = (sql: string): Statement => ({ sql, values: [] });

test("rows of one table go in one statement, tables in the order in which they come first", () => {
  const statements = [insert("keys", 1), insert("versions", 2), insert("keys", 3), insert("versions", 4)];
  expect(mergeInserts(statements)).toMatchObject([
    { sql: "INSERT INTO keys(a, b) VALUES (?, ?), (?, ?)", values: [1, null, 3, null], table: "keys" },
    { sql: "INSERT INTO versions(a, b) VALUES (?, ?), (?, ?)", values: [2, null, 4, null], table: "versions" },
  ]);
});

test("nothing is moved over another statement", () => {
  const statements = [insert("keys", 1), other("UPDATE counts"), insert("keys", 2), insert("keys", 3), other("COMMIT")];
  expect(mergeInserts(statements).map(({ sql }) => sql)).toEqual([
    "INSERT INTO keys(a, b) VALUES (?, ?)",
    "UPDATE counts",
    "INSERT INTO keys(a, b) VALUES (?, ?), (?, ?)",
    "COMMIT",
  ]);
});
