import { ConcurrentChange } from "@itsy/core";
import { expect, test } from "vitest";

import { DatabaseError } from "./database-error.ts";
import { RETRIES_MAX, withRetries } from "./retry.ts";

/** Runs work that always fails, each time after so long, and tells how long it went on and how often. */
const giveUp = async (error: Error, { eachMs, retryForMs }: { eachMs: number; retryForMs?: number }) => {
  let nowMs = 0;
  let runs = 0;
  const options = { random: () => 0, sleep: async () => undefined, nowMs: () => nowMs };
  const attempt = async () => {
    runs += 1;
    nowMs += eachMs;
    throw error;
  };
  const bound = retryForMs === undefined ? {} : { retryForMs };
  await expect(withRetries(options, attempt, bound)).rejects.toBe(error);
  return { runs, tookMs: nowMs };
};

const locked = new DatabaseError("DEADLOCK", "x");

test("what fails at once is run again a few times, and what will not pass, never", async () => {
  expect((await giveUp(new ConcurrentChange("x"), { eachMs: 1 })).runs).toBe(RETRIES_MAX + 1);
  expect((await giveUp(locked, { eachMs: 1 })).runs).toBe(RETRIES_MAX + 1);
  expect((await giveUp(new DatabaseError("UNREACHABLE", "x"), { eachMs: 1 })).runs).toBe(1);
  expect((await giveUp(new Error("x"), { eachMs: 1 })).runs).toBe(1);
});

test("waits for locks are together far shorter than the 10 s after which clients give up", async () => {
  expect(await giveUp(locked, { eachMs: 2_000 })).toEqual({ runs: 2, tookMs: 4_000 });
  expect((await giveUp(locked, { eachMs: 1_499 })).tookMs).toBeLessThan(5_000);
});

test("whoever can wait for less is run again for less long", async () => {
  expect((await giveUp(locked, { eachMs: 2_000, retryForMs: 1_000 })).runs).toBe(1);
  expect((await giveUp(locked, { eachMs: 400, retryForMs: 1_000 })).runs).toBe(3);
});
