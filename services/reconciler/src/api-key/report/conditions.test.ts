import { describe, expect, test } from "vitest";

import { settled, stalled } from "../plan/finding.ts";
import { conditionsOf, isNews, newWarnings, withWarnings } from "./conditions.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second, 123));
const ready = settled("Delivered", true, "Revision 1.");
const first = conditionsOf(ready, { existing: [], generation: 1, now: at(0) });

test("all three conditions are always there, with the generation they speak of", () => {
  expect(first.map(({ type, status }) => [type, status])).toEqual([
    ["Ready", "True"],
    ["Reconciling", "False"],
    ["Stalled", "False"],
  ]);
  expect(first.every(({ observedGeneration }) => observedGeneration === 1)).toBe(true);
  expect(first[0]?.lastTransitionTime).toBe("2026-11-22T10:00:00Z");
});

test("the same finding later is the same conditions", () => {
  expect(conditionsOf(ready, { existing: first, generation: 1, now: at(9) })).toEqual(first);
});

test("the time of a transition moves only with the status, not with reason or message", () => {
  const other = settled("Delivered", true, "Revision 2.");
  expect(conditionsOf(other, { existing: first, generation: 2, now: at(9) })[0]).toMatchObject({
    message: "Revision 2.",
    observedGeneration: 2,
    lastTransitionTime: "2026-11-22T10:00:00Z",
  });
  const gone = conditionsOf(stalled("NotGranted", "no"), { existing: first, generation: 2, now: at(9) });
  expect(gone.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
    "2026-11-22T10:00:09Z",
    "2026-11-22T10:00:00Z",
    "2026-11-22T10:00:09Z",
  ]);
});

describe("a Ready that nobody could check", () => {
  const unreachable = {
    reason: "ServiceUnreachable",
    message: "no answer",
    ready: "unchanged",
    progress: "reconciling",
  } as const;
  test("stays what it was, with the generation that it was said of", () => {
    const [was, reconciling] = conditionsOf(unreachable, { existing: first, generation: 2, now: at(9) });
    expect(was).toEqual(first[0]);
    expect(reconciling).toMatchObject({ status: "True", reason: "ServiceUnreachable", observedGeneration: 2 });
  });
  test("is false where it never was true", () => {
    const [was] = conditionsOf(unreachable, { existing: [], generation: 1, now: at(9) });
    expect(was).toMatchObject({ status: "False", reason: "ServiceUnreachable" });
  });
});

test("a message is cut where the schema ends", () => {
  const [long] = conditionsOf(stalled("InvalidSpec", "x".repeat(9_999)), { existing: [], generation: 1, now: at(0) });
  expect(long?.message).toHaveLength(4096);
});

test("only a reason that was not said before is news", () => {
  expect(isNews(ready, first)).toBe(false);
  expect(isNews(stalled("NotGranted", "no"), first)).toBe(true);
});

describe("warnings", () => {
  const short = { reason: "ShortOverlap", message: "Too short." } as const;
  const refused = { reason: "RestartNotPermitted", message: "May not." } as const;
  const context = { existing: first, generation: 1, now: at(9) };
  const warned = withWarnings(first, [refused, short], context);
  test("stand in one condition, each on a line, and change no other", () => {
    expect(warned.slice(0, 3)).toEqual(first);
    expect(warned[3]).toMatchObject({
      type: "Warning",
      status: "True",
      reason: "RestartNotPermitted",
      message: "May not.\nToo short.",
    });
  });
  test("are gone with their cause", () => {
    expect(withWarnings(warned, [], { ...context, existing: warned })).toEqual(first);
  });
  test("are news once each", () => {
    expect(newWarnings([refused, short], first)).toEqual([refused, short]);
    expect(newWarnings([refused, short], warned)).toEqual([]);
    expect(newWarnings([{ ...short, message: "Another." }], warned)).toHaveLength(1);
  });
  test("stay while nobody could look, and so do conditions of others", () => {
    const foreign = { ...warned[3], type: "Foreign" } as (typeof warned)[number];
    const existing = [...warned, foreign];
    expect(conditionsOf(ready, { existing, generation: 1, now: at(9) })).toEqual(existing);
  });
});
