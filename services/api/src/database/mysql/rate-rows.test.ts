import type { RateWrite } from "@itsy/core";
import { expect, test } from "vitest";

import { DatabaseError } from "../database-error.ts";
import type { Execute } from "./execute.ts";
import { createServerRateRows } from "./rate-rows.ts";

const change = (keyId: string): RateWrite => ({ keyId, expectedVersion: 1, row: { version: 2, counts: keyId } });

const keysOf = (values: readonly unknown[]) => values.filter((value) => String(value).startsWith("key_"));

/** Notes for each statement, or transaction, of which keys it is; each finds its row. */
const setUp = (fail: (asked: readonly string[]) => Error | null = () => null) => {
  const asked: string[] = [];
  const answering = async <Answer>(names: readonly string[], answer: Answer): Promise<Answer> => {
    asked.push(names.join(" "));
    const error = fail(names);
    if (error !== null) throw error;
    return answer;
  };
  const execute: Execute = {
    read: (_, values = []) => answering([...new Set(values)].map(String), []),
    write: (_, values) => answering(keysOf(values.slice(2)).map(String), 1),
    writeTogether: (statements) =>
      answering(
        statements.map(({ values }) => String(values[2])),
        statements.map(() => 1),
      ),
  };
  return { asked, rows: createServerRateRows(execute) };
};

test("updates of one turn are one transaction, in an order that all replicas share", async () => {
  const { asked, rows } = setUp();
  const written = await Promise.all(["key_c", "key_a", "key_b"].map((keyId) => rows.write(change(keyId))));
  expect(written).toEqual([true, true, true]);
  expect(asked).toEqual(["key_a key_b key_c"]);
});

test("when they fail together, each is written alone, so that nobody hears of another's failure", async () => {
  const deadlock = new DatabaseError("DEADLOCK", "one of them is locked");
  const { asked, rows } = setUp((keys) => (keys.includes("key_b") ? deadlock : null));
  const written = await Promise.allSettled(["key_a", "key_b", "key_c"].map((keyId) => rows.write(change(keyId))));
  expect(written).toEqual([
    { status: "fulfilled", value: true },
    { status: "rejected", reason: deadlock },
    { status: "fulfilled", value: true },
  ]);
  expect(asked).toEqual(["key_a key_b key_c", "key_a", "key_b", "key_c"]);
});

test("when nobody knows whether they were committed, nothing is sent again", async () => {
  const { asked, rows } = setUp(() => new DatabaseError("UNREACHABLE", "the connection broke"));
  const written = await Promise.allSettled(["key_a", "key_b"].map((keyId) => rows.write(change(keyId))));
  expect(written.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(asked).toEqual(["key_a key_b"]);
});
