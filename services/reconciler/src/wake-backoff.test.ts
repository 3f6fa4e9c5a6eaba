import { expect, test } from "vitest";

import { createWakeBackoff } from "./wake-backoff.ts";

const name = { namespace: "shop", name: "website" };

const start = () => {
  let nowMs = 0;
  const waitMs = createWakeBackoff({ timers: { monotonicMs: () => nowMs }, random: () => 1 });
  return {
    waitMs,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

test("what is undone at once is waited for longer and longer when it is done again and again", () => {
  const { waitMs, pass } = start();
  const delays = Array.from({ length: 14 }, () => {
    const delayMs = waitMs(name);
    pass(delayMs + 10);
    return delayMs;
  });
  expect(delays.slice(0, 5)).toEqual([0, 500, 1_000, 2_000, 4_000]);
  expect(delays.at(-1)).toBe(300_000);
  expect(waitMs({ ...name, name: "another" })).toBe(0);
});

test("who is left alone for a while begins anew", () => {
  const { waitMs, pass } = start();
  for (let wakes = 0; wakes < 4; wakes += 1) waitMs(name);
  pass(65_000);
  expect(waitMs(name)).toBe(0);
});
