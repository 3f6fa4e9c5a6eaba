import { expect, test } from "vitest";

import { DomainError } from "../errors.ts";
import { placeOf } from "./list-cursor.ts";

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const id = `key_${"0".repeat(26)}`;

test("a cursor is read for its own sort and order", () => {
  expect(placeOf(encoded(["name", "asc", "a", id]), { sort: "name", order: "asc" })).toEqual({ value: "a", id });
  expect(placeOf(encoded(["expires", "desc", null, id]), { sort: "expires", order: "desc" })).toEqual({
    value: null,
    id,
  });
});

test.each([
  ["another sort", encoded(["created", "asc", null, id])],
  ["another order", encoded(["name", "desc", "a", id])],
  ["a value of another type", encoded(["name", "asc", 5, id])],
  ["an object for a value", encoded(["name", "asc", { $gt: "" }, id])],
  ["no id", encoded(["name", "asc", "a", "1 OR 1=1"])],
  ["no list", encoded({ sort: "name" })],
  ["no JSON", "abc"],
])("%s is refused", (_what, cursor) => {
  expect(() => placeOf(cursor, { sort: "name", order: "asc" })).toThrow(DomainError);
});
