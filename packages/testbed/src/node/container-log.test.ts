import { expect, test } from "vitest";
import { parseContainerLog } from "./container-log.ts";

test("lines of both streams with their time, parts put together, and nothing of a line that is being written", () => {
  const log = [
    "2026-11-23T07:00:00.123456789Z stdout F a word",
    "2026-11-23T07:00:01Z stderr P half a ",
    "2026-11-23T07:00:01.5Z stderr F line",
    "2026-11-23T07:00:02Z stdout F ",
    "2026-11-23T07:0",
  ].join("\n");
  expect(parseContainerLog(log)).toEqual([
    { atMs: Date.parse("2026-11-23T07:00:00.123Z"), text: "a word" },
    { atMs: Date.parse("2026-11-23T07:00:01.500Z"), text: "half a line" },
    { atMs: Date.parse("2026-11-23T07:00:02Z"), text: "" },
  ]);
});
