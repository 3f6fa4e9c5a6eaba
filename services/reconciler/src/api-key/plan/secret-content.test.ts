import { describe, expect, test } from "vitest";

import { aKey, anApiKey, anObserved, aTarget, aValue } from "../../../test/an-observed.ts";
import { actionOf, planned } from "../../../test/planned.ts";
import type { TargetSecret } from "../observed.ts";

describe("what is in the Secret beside the value", () => {
  const drifted = (change: Partial<TargetSecret>, more: Parameters<typeof anObserved>[0] = {}) => {
    const observed = anObserved(more);
    return { ...observed, target: { ...(observed.target as TargetSecret), ...change } };
  };
  test.each([
    ["a label of ours is gone", { labels: {} }],
    ["an annotation of ours was changed", { annotations: { "keys.itsy.dev/revision": "9" } }],
    ["another key of ours is left over", { ours: { labels: [], annotations: [], data: ["old.json"] } }],
  ] as const)("%s: written anew around the value", (_what, change) => {
    const { data } = anObserved().target as TargetSecret;
    const observed = drifted({ data: () => ({ ...data(), "old.json": "eA==" }), ...change });
    // Another value under `apiKey` is another matter: `aTarget` has one of its own in each call.
    expect(actionOf(planned(observed))).toEqual({ type: "rewrite" });
    expect(actionOf(planned({ ...observed, isRewritten: true }))).toBeNull();
  });
  test("what other people added stays", () => {
    const observed = anObserved();
    const target = observed.target as TargetSecret;
    const more = {
      ...target,
      labels: { ...target.labels, theirs: "x" },
      data: () => ({ ...target.data(), theirs: "" }),
    };
    expect(actionOf(planned({ ...observed, target: more }))).toBeNull();
  });
  test("a changed template, label or key is no new revision", () => {
    const observed = anObserved();
    for (const secret of [{ template: { a: "{{ .secret }}" } }, { labels: { a: "b" } }, { key: "API_KEY" }])
      expect(
        actionOf(planned({ ...observed, spec: anObserved({ apiKey: anApiKey({ spec: { secret } }) }).spec })),
      ).toEqual({ type: "rewrite" });
  });
  test("a Secret without the current value is not rewritten, but gets a new one", () => {
    expect(actionOf(planned(drifted({ labels: {}, version: null })))).toMatchObject({ type: "stage" });
  });
});

describe("the value before, beside the new one", () => {
  const apiKey = anApiKey({ spec: { secret: { includePrevious: true } } });
  const target = aTarget({ revision: 2, previous: aValue(), previousVersion: { revision: 1, state: "retiring" } });
  const key = aKey({ revision: 2, latestRevision: 2, retiringUntil: "2026-11-22T10:30:00Z" });
  const at = (instant: string, change: Parameters<typeof anObserved>[0] = {}) =>
    anObserved({ apiKey, target, ...change, view: { at: instant, key } });
  test("stays while it works", () => {
    const decision = planned(at("2026-11-22T10:00:00Z"), { resyncMs: 9_999_999 });
    expect(decision).toMatchObject({ action: null, requeueAfterMs: 28 * 60_000 });
  });
  test("goes a little before it ends, so that whatever can be read works", () => {
    expect(actionOf(planned(at("2026-11-22T10:27:59Z")))).toBeNull();
    expect(actionOf(planned(at("2026-11-22T10:28:00Z")))).toEqual({ type: "rewrite" });
  });
  test("goes when it was ended early, or is no value of this key", () => {
    for (const previousVersion of [{ revision: 1, state: "ended" } as const, null])
      expect(actionOf(planned(at("2026-11-22T10:00:00Z", { target: { ...target, previousVersion } })))).toEqual({
        type: "rewrite",
      });
  });
  test("goes when nobody wants it any more", () => {
    expect(actionOf(planned(at("2026-11-22T10:00:00Z", { apiKey: anApiKey() })))).toEqual({ type: "rewrite" });
  });
});
