import { describe, expect, test } from "vitest";

import { aFresh, anApiKey, anObserved, aStaged, aTarget } from "../../../test/an-observed.ts";
import { actionOf, planned } from "../../../test/planned.ts";

describe("deletion, step by step", () => {
  const apiKey = anApiKey({ isDeleted: true });
  const staged = aStaged(2);
  test("the Secret goes first, so that nobody reads what does not work", () => {
    expect(actionOf(planned(anObserved({ apiKey, staged })))).toEqual({
      type: "dropTarget",
      name: "website",
      uid: "target-uid",
    });
  });
  test("and where there are more names than one look reads, the other ones before the key", () => {
    const { metadata, ...rest } = apiKey;
    const named = { ...metadata, annotations: { "keys.itsy.dev/secret-names": "a b c d e website" } };
    const observed = anObserved({ apiKey: { ...rest, metadata: named }, target: null });
    expect(actionOf(planned(observed))).toEqual({ type: "recordNames", names: ["a", "website"] });
  });
  test("then the key is released", () => {
    expect(actionOf(planned(anObserved({ apiKey, target: null, staged })))).toEqual({ type: "release" });
  });
  test("also where none was ever registered", () => {
    expect(actionOf(planned(aFresh({ apiKey })))).toEqual({ type: "release" });
  });
  test("then the staging Secret goes", () => {
    const observed = anObserved({ apiKey, target: null, staged, view: { released: true } });
    expect(actionOf(planned(observed))).toEqual({ type: "dropStaging", staged });
  });
  test("then the finalizer", () => {
    const observed = anObserved({ apiKey, target: null, view: { released: true } });
    expect(actionOf(planned(observed))).toEqual({ type: "removeFinalizer" });
  });
  test("then there is nobody to report to", () => {
    const ofNobody = anApiKey({ isDeleted: true, finalizers: [] });
    expect(planned(anObserved({ apiKey: ofNobody }))).toEqual({ action: null, finding: null, requeueAfterMs: null });
    const ofOthers = anApiKey({ isDeleted: true, finalizers: ["other/finalizer"] });
    expect(planned(anObserved({ apiKey: ofOthers }))).toMatchObject({
      action: null,
      finding: { reason: "Released", ready: false, progress: "settled" },
      requeueAfterMs: null,
    });
  });
  test("a Secret that is not ours stays", () => {
    const observed = aFresh({
      apiKey,
      target: aTarget({ isOurs: false, annotations: {}, version: null }),
      view: { released: true },
    });
    expect(actionOf(planned(observed))).toEqual({ type: "removeFinalizer" });
  });
  test("neither a missing grant nor a pending value holds it up", () => {
    const target = aTarget({ state: "pending" });
    const observed = anObserved({ apiKey, target, grant: { granted: false, message: "no" } });
    expect(actionOf(planned(observed))).toMatchObject({ type: "dropTarget" });
  });
});
