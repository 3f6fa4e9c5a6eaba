import { expect, test } from "vitest";
import { waitUntil } from "./wait-until.ts";

test("returns what the check returned once it is truthy", async () => {
  let calls = 0;
  const result = await waitUntil(() => (++calls >= 3 ? { calls } : null), { what: "three calls", intervalMs: 1 });
  expect(result).toEqual({ calls: 3 });
});

test("an error means not yet, and the last one is the cause of the timeout", async () => {
  const broken = new Error("connection refused");
  const attempt = waitUntil(() => Promise.reject(broken), { what: "it answers", timeoutMs: 20, intervalMs: 1 });
  await expect(attempt).rejects.toMatchObject({ message: expect.stringContaining("it answers"), cause: broken });
});

test("a check that never settles does not outlive the timeout", async () => {
  const hangs = (): Promise<boolean> => new Promise(() => {});
  const attempt = waitUntil(hangs, { what: "pigs fly", timeoutMs: 50, intervalMs: 5 });
  await expect(attempt).rejects.toThrow("timed out after 50 ms waiting until pigs fly");
});
