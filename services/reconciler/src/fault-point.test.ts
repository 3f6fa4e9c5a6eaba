import { expect, test } from "vitest";

import { faultAt, parseFaultPoint } from "./fault-point.ts";

test("a fault point is a fault, an effect and perhaps its occurrence, nothing else", () => {
  expect(parseFaultPoint("after:publish")).toEqual({ fault: "after", effect: "publish", occurrence: 1 });
  expect(parseFaultPoint("lost:create events:12")).toEqual({ fault: "lost", effect: "create events", occurrence: 12 });
  for (const text of ["", "publish", "after:", "within:publish", "after:publish:0", "after:publish:2:3", "lost:a b c"])
    expect(parseFaultPoint(text)).toBeNull();
});

test("it kills there, and nothing goes on from there", async () => {
  let kills = 0;
  const onEffect = faultAt({ fault: "after", effect: "publish", occurrence: 2 }, () => {
    kills += 1;
  });
  await onEffect("publish", "before");
  await onEffect("publish", "after");
  await onEffect("publish", "before");
  await onEffect("stage", "after");
  expect(kills).toBe(0);
  const goesOn = Promise.resolve(onEffect("publish", "after")).then(() => "went on");
  expect(await Promise.race([goesOn, new Promise((resolve) => setImmediate(resolve, "stopped"))])).toBe("stopped");
  expect(kills).toBe(1);
});

test("it stops there, once, and goes on when it is woken", async () => {
  const sent: string[] = [];
  const onEffect = faultAt({ fault: "stop", effect: "publish", occurrence: 1 }, (signal) => sent.push(signal));
  await onEffect("publish", "before");
  await onEffect("publish", "after");
  await onEffect("publish", "before");
  expect(sent).toEqual(["SIGSTOP"]);
});

test("an answer is lost once, after the effect", async () => {
  const onEffect = faultAt({ fault: "lost", effect: "register", occurrence: 1 });
  await onEffect("register", "before");
  await expect(onEffect("register", "after")).rejects.toThrow("the answer of register is lost");
  await onEffect("register", "after");
});
