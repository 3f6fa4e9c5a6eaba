import { expect, test } from "vitest";

import { changedFacts } from "./changed-facts.ts";

test("only the fields that differ are told, on both sides, as JSON has them", () => {
  const at = new Date("2027-01-01T00:00:00.001Z");
  const before = { name: "a", expiresAt: null, same: at, map: { x: "1" } };
  expect(changedFacts({ before, after: { ...before, name: "b", expiresAt: at, map: { x: "2" } } })).toEqual({
    before: { name: "a", expiresAt: null, map: { x: "1" } },
    after: { name: "b", expiresAt: at.toISOString(), map: { x: "2" } },
  });
});

test("a field of one side only is null on the other", () => {
  expect(changedFacts({ before: {}, after: { released: true } })).toEqual({
    before: { released: null },
    after: { released: true },
  });
});

test("where nothing differs there is nothing to tell", () => {
  const facts = { at: new Date(5), list: [1] };
  expect(changedFacts({ before: facts, after: { ...facts, at: new Date(5), list: [1] } })).toBeNull();
});

test("what was made or is gone is told whole", () => {
  expect(changedFacts({ before: null, after: { at: new Date(0) } })).toEqual({
    before: null,
    after: { at: "1970-01-01T00:00:00.000Z" },
  });
  expect(changedFacts({ before: { a: 1 }, after: null })).toEqual({ before: { a: 1 }, after: null });
});
