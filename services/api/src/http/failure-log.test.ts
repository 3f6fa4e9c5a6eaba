import type { ErrorCode } from "@itsy/contract";
import { expect, test } from "vitest";

import { createFailureLog } from "./failure-log.ts";

const start = () => {
  const lines: unknown[] = [];
  const clock = { nowMs: 0 };
  const log = createFailureLog({
    logger: { error: (line: unknown) => void lines.push(line) } as never,
    monotonicMs: () => clock.nowMs,
  });
  const fail = (code: ErrorCode, requestId: string) => log("why", { door: "verify", requestId, code });
  return { lines, clock, fail };
};

test("an outage is logged every ten seconds, with what was left out", () => {
  const { lines, clock, fail } = start();
  for (const atMs of [0, 1, 9_999, 10_000, 10_001, 25_000]) {
    clock.nowMs = atMs;
    fail("UNAVAILABLE", `at-${atMs}`);
  }
  const line = { err: "why", door: "verify", code: "UNAVAILABLE" };
  expect(lines).toEqual([
    { ...line, requestId: "at-0", unlogged: 0 },
    { ...line, requestId: "at-10000", unlogged: 2 },
    { ...line, requestId: "at-25000", unlogged: 1 },
  ]);
});

test("a defect is always logged, since its sender is told its request id", () => {
  const { lines, fail } = start();
  fail("UNAVAILABLE", "a");
  fail("INTERNAL", "b");
  fail("INTERNAL", "c");
  expect(lines).toMatchObject([{ requestId: "a" }, { requestId: "b" }, { requestId: "c" }]);
});
