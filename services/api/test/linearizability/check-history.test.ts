import { expect, test } from "vitest";

import { checkHistory } from "./check-history.ts";
import type { Ended, Entry, Used } from "./history.ts";

const born: Entry = { kind: "born", secret: "a", returned: 10 };
const ended = (facts: Partial<Ended> = {}): Ended => ({
  kind: "ended",
  secret: "a",
  by: "revoke",
  invoked: 100,
  holdsFrom: 150,
  waitedMs: 40,
  ...facts,
});
const used = (facts: Partial<Used>): Used => ({
  kind: "used",
  secret: "a",
  replica: "1",
  invoked: 20,
  returned: 21,
  accepted: true,
  ...facts,
});
const rulesOf = (...history: Entry[]) => checkHistory(history).violations.map(({ rule }) => rule);

test("an accept that began after the end was promised is found, and nothing else of that history", () => {
  const planted = used({ invoked: 150.1, returned: 151 });
  const history = [born, used({}), ended(), planted, used({ invoked: 160, returned: 161, accepted: false })];
  const { violations, ...counts } = checkHistory(history);
  expect(violations).toEqual([{ rule: "accepted after the end", use: planted, ends: [ended()] }]);
  expect(counts).toEqual({ ended: 1, accepted: 2, afterTheEnd: 2 });
});

test("an accept that began before the return is allowed, however late it was answered", () => {
  expect(rulesOf(born, ended(), used({ invoked: 149, returned: 5000 }))).toEqual([]);
});

test("the first promise counts, and a call that promised nothing does not", () => {
  const failed = ended({ invoked: 60, holdsFrom: null });
  const use = used({ invoked: 140, returned: 141 });
  expect(rulesOf(born, failed, ended(), use)).toEqual([]);
  expect(rulesOf(born, failed, ended(), ended({ invoked: 110, holdsFrom: 130 }), use)).toEqual([
    "accepted after the end",
  ]);
});

test("a refusal before anybody asked for the end is found; one that overlaps with a call is not", () => {
  expect(rulesOf(born, used({ accepted: false }))).toEqual(["refused before the end"]);
  expect(rulesOf(born, ended(), used({ invoked: 98, returned: 99, accepted: false }))).toEqual([
    "refused before the end",
  ]);
  expect(rulesOf(born, ended(), used({ invoked: 99, returned: 101, accepted: false }))).toEqual([]);
  expect(rulesOf(born, used({ invoked: 9, returned: 12, accepted: false }))).toEqual([]);
});

test("secrets do not mix", () => {
  expect(rulesOf(born, ended(), used({ secret: "b", invoked: 200, returned: 201 }))).toEqual([]);
});
