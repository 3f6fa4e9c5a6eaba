import { expect, test } from "vitest";
import { settle } from "../test/manual-timers.ts";
import { contained } from "./contained.ts";

test("what a listener throws, now or later, reaches onError, and what that throws ends there", async () => {
  const seen: string[] = [];
  const onError = (error: unknown): void => {
    seen.push(String(error));
    throw new Error("onError is broken too");
  };
  contained(() => {
    throw new Error("now");
  }, onError)();
  contained(async () => {
    throw new Error("later");
  }, onError)();
  contained(() => Promise.reject(new Error("nobody hears")))();
  await settle();
  expect(seen).toEqual(["Error: now", "Error: later"]);
});
