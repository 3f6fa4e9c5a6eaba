import { expect, test } from "vitest";

import { crashAt, parseCrashPoint } from "./crash-point.ts";

test("a crash point is a phase and an effect, nothing else", () => {
  expect(parseCrashPoint("after:publish")).toEqual({ phase: "after", effect: "publish" });
  for (const text of ["", "publish", "after:", "after:nothing", "within:publish", "after:publish:2"])
    expect(parseCrashPoint(text)).toBeNull();
});

test("it kills there, and nothing goes on from there", async () => {
  let kills = 0;
  const onEffect = crashAt({ phase: "after", effect: "publish" }, () => {
    kills += 1;
  });
  await onEffect("publish", "before");
  await onEffect("stage", "after");
  expect(kills).toBe(0);
  const goesOn = Promise.resolve(onEffect("publish", "after")).then(() => "went on");
  expect(await Promise.race([goesOn, new Promise((resolve) => setImmediate(resolve, "stopped"))])).toBe("stopped");
  expect(kills).toBe(1);
});
