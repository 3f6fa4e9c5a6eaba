import { expect, test } from "vitest";

import { checkHistory } from "./check-history.ts";
import type { Born, Change, Effect, Entry, Used } from "./history.ts";

const LIMIT = 100;
const born: Born = { kind: "born", keyId: "k", secret: "a", returned: 10 };

const change = (by: string, effect: Effect, facts: Partial<Change> = {}): Change => {
  const instants = { invoked: 100, returned: 150, holdsFrom: 150 };
  return { kind: "change", by, keyId: "k", effect, ...instants, waitedMs: 40, ...facts };
};
const end = (facts: Partial<Change> = {}) => change("revoke", { of: "life", secrets: ["a"], value: "ended" }, facts);
const remove = (facts: Partial<Change> = {}) => change("delete", { of: "life", secrets: ["a"], value: "gone" }, facts);
const pause = (facts: Partial<Change> = {}) => change("pause", { of: "pause", value: true }, facts);
const resume = (facts: Partial<Change> = {}) => change("resume", { of: "pause", value: false }, facts);
const tighten = (facts: Partial<Change> = {}) => change("update", { of: "limit", value: 10 }, facts);
const unanswered = { returned: null, holdsFrom: null, waitedMs: null };

const used = (answer: Used["answer"], invoked: number, returned = invoked + 1): Used => {
  return { kind: "used", keyId: "k", secret: "a", replica: "1", invoked, returned, answer };
};
const accepted = (invoked: number, returned?: number) => used({ code: "VALID", limit: LIMIT }, invoked, returned);
const refused = (code: "REVOKED" | "PAUSED" | "NOT_FOUND" | "RATE_LIMITED", invoked: number, returned?: number) =>
  used({ code }, invoked, returned);
const check = (...history: Entry[]) => checkHistory(history, LIMIT);
const rulesOf = (...history: Entry[]) => check(...history).violations.map(({ rule }) => rule);

test("an accept that began after the end was promised is found, and nothing else of that history", () => {
  const planted = accepted(150.1);
  const verdict = check(born, accepted(20), end(), planted, refused("REVOKED", 160));
  expect(verdict).toEqual({
    violations: [{ rule: "accepted after the end", use: planted, changes: [end()] }],
    promised: { revoke: 1 },
    accepted: 2,
    afterTheEnd: 2,
    whilePaused: 0,
    afterTheLimit: 0,
    pausedAfterResume: 0,
    pausedAfterResumeMaxMs: 0,
  });
});

test("an accept that began before the return is allowed, however late it was answered", () => {
  expect(rulesOf(born, end(), accepted(149, 5000))).toEqual([]);
});

test("the first promise counts, and a call that promised nothing does not", () => {
  const failed = end({ invoked: 60, ...unanswered });
  const use = accepted(140);
  expect(rulesOf(born, failed, end(), use)).toEqual([]);
  const sooner = end({ invoked: 110, returned: 130, holdsFrom: 130 });
  expect(rulesOf(born, failed, end(), sooner, use)).toEqual(["accepted after the end"]);
});

test("a refusal before anybody asked for the end is found; one that overlaps with a call is not", () => {
  const reason = ["refused without a reason"];
  expect(rulesOf(born, refused("REVOKED", 20))).toEqual(reason);
  expect(rulesOf(born, end(), refused("REVOKED", 98))).toEqual(reason);
  expect(rulesOf(born, end(), refused("REVOKED", 99, 101))).toEqual([]);
  expect(rulesOf(born, refused("NOT_FOUND", 20))).toEqual(reason);
  expect(rulesOf(born, refused("NOT_FOUND", 9, 12))).toEqual([]);
  expect(rulesOf(born, refused("RATE_LIMITED", 20))).toEqual(reason);
  expect(rulesOf(born, end(), refused("PAUSED", 120))).toEqual(["told as paused, and is not"]);
});

test("what was deleted is told as not found, and as nothing else", () => {
  expect(rulesOf(born, remove(), refused("NOT_FOUND", 120), refused("NOT_FOUND", 160))).toEqual([]);
  expect(rulesOf(born, remove(), accepted(160))).toEqual(["accepted after the end"]);
  const late = remove({ invoked: 200, returned: 250, holdsFrom: 250 });
  expect(rulesOf(born, end(), late, refused("REVOKED", 240), refused("REVOKED", 251))).toEqual(["not told as deleted"]);
  // Also when the revocation may still take effect: nothing brings back a row.
  expect(rulesOf(born, end(unanswered), late, refused("REVOKED", 251))).toEqual(["not told as deleted"]);
});

test("an accept wholly between the return of a pause and the call of its resume is found", () => {
  const resumed = resume({ invoked: 200, returned: 210, holdsFrom: 2410, waitedMs: null });
  const history = [born, pause(), resumed];
  expect(rulesOf(...history, accepted(151, 199))).toEqual(["accepted while paused"]);
  expect(rulesOf(...history, accepted(149, 199), accepted(151, 201))).toEqual([]);
  expect(check(...history, refused("PAUSED", 160)).whilePaused).toBe(1);
});

test("a pause that is told after its resume is counted, for a lease; later it is found", () => {
  const resumed = resume({ invoked: 200, returned: 210, holdsFrom: 2410, waitedMs: null });
  const lagging = check(born, pause(), resumed, refused("PAUSED", 300));
  expect(lagging).toMatchObject({ violations: [], pausedAfterResume: 1, pausedAfterResumeMaxMs: 90 });
  expect(rulesOf(born, pause(), resumed, refused("PAUSED", 2411))).toEqual(["told as paused, and is not"]);
  expect(rulesOf(born, refused("PAUSED", 50))).toEqual(["told as paused, and is not"]);
});

test("a second pause ends what the resume before it allowed", () => {
  const resumed = resume({ invoked: 200, returned: 210, holdsFrom: 2410, waitedMs: null });
  const again = pause({ invoked: 300, returned: 350, holdsFrom: 350 });
  expect(rulesOf(born, pause(), resumed, again, accepted(320))).toEqual([]);
  expect(rulesOf(born, pause(), resumed, again, accepted(351))).toEqual(["accepted while paused"]);
});

test("a resume without an answer may take effect at any time", () => {
  const lost = resume({ invoked: 200, ...unanswered });
  const again = pause({ invoked: 300, returned: 350, holdsFrom: 350 });
  expect(rulesOf(born, pause(), lost, again, accepted(400), refused("PAUSED", 401))).toEqual([]);
});

test("an accept under a limit that is over is found", () => {
  const low = used({ code: "VALID", limit: 10 }, 120);
  expect(rulesOf(born, tighten(), low, accepted(149))).toEqual([]);
  expect(rulesOf(born, tighten(), accepted(151))).toEqual(["accepted with a limit that is over"]);
  expect(rulesOf(born, tighten(), used({ code: "VALID", limit: 10 }, 50))).toEqual([
    "accepted with a limit that is over",
  ]);
  expect(check(born, tighten(), accepted(151)).afterTheLimit).toBe(1);
});

test("secrets and keys do not mix", () => {
  expect(rulesOf(born, end(), { ...accepted(200), secret: "b" })).toEqual([]);
  expect(rulesOf(born, pause(), { ...accepted(200), keyId: "l" })).toEqual([]);
});
