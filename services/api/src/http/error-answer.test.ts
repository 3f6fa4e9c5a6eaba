import { ConcurrentChange, DomainError, DuplicateRow } from "@itsy/core";
import { expect, test } from "vitest";

import { DatabaseError } from "../database/database-error.ts";
import { answerOf } from "./error-answer.ts";

test.each([
  [new DomainError("NOT_FOUND", "no such key"), "NOT_FOUND"],
  [new DatabaseError("UNREACHABLE", "gone"), "UNAVAILABLE"],
  [new DatabaseError("DEADLOCK", "again"), "UNAVAILABLE"],
  [new ConcurrentChange("the key"), "UNAVAILABLE"],
  [new DuplicateRow("keys"), "CONFLICT"],
  [new DatabaseError("UNEXPECTED", "what"), "INTERNAL"],
  [new Error("itsy_production_sk_secret"), "INTERNAL"],
  ["a text", "INTERNAL"],
  [undefined, "INTERNAL"],
])("%s becomes %s", (thrown, code) => {
  const answer = answerOf(thrown);
  expect(answer.code).toBe(code);
  if (code === "INTERNAL") expect(answer.message).not.toContain("secret");
});
