import { describe, expect, test } from "vitest";

import { aFresh, aKey, anApiKey, anObserved, aStaged, aTarget, aValue, keyId } from "../../../test/an-observed.ts";
import { actionOf, context, planned, registrationOf } from "../../../test/planned.ts";

describe("which value, which revision", () => {
  test("one more than the service, the Secret and the status know of", () => {
    const observed = anObserved({
      apiKey: anApiKey({ rotateRequest: "now", status: { revision: 7 } }),
      target: aTarget({ revision: 5 }),
    });
    expect(actionOf(planned(observed))).toMatchObject({ type: "stage", revision: 8 });
  });
  test("a registered value that nobody holds any more gets a second candidate of the same revision", () => {
    const observed = anObserved({ target: null, view: { key: aKey({ revision: 1, latestRevision: 2 }) } });
    expect(actionOf(planned(observed))).toMatchObject({ type: "stage", revision: 2 });
  });
  test("unless that revision is used up", () => {
    const view = { key: aKey({ revision: 1, latestRevision: 2 }) };
    expect(actionOf(planned(anObserved({ target: null, spentRevision: 2, view })))).toMatchObject({ revision: 3 });
  });
  test("a second candidate never goes over the first one in the target: that one is confirmed", () => {
    const target = aTarget({ revision: 2, state: "pending" });
    const observed = anObserved({
      target,
      staged: aStaged(2, { state: "pending" }),
      view: { key: aKey({ latestRevision: 2 }) },
    });
    expect(actionOf(planned(observed))).toMatchObject({ type: "confirm", sha256: target.value?.sha256 });
  });
  test("another value under the target's own revision is dropped", () => {
    const staged = aStaged(2, { state: "pending" });
    const target = { ...aTarget({ revision: 2 }), version: null };
    const observed = anObserved({ target, staged, view: { key: aKey({ latestRevision: 2 }) } });
    expect(actionOf(planned(observed))).toEqual({ type: "dropStaging", staged });
  });
  test("the current value, still staged, is published when the target is gone: nothing new is made", () => {
    const staged = aStaged(1, { state: "current" });
    const apiKey = anApiKey({ rotateRequest: "later", status: { lastHandledRotateRequest: "before" } });
    const observed = anObserved({ apiKey, target: null, staged });
    expect(actionOf(planned(observed))).toEqual({
      type: "publish",
      staged,
      keyId,
      rotateHandled: "before",
      registeredAtMs: null,
    });
  });
  test("a registered value is taken to its end although nobody asks for it any more", () => {
    const staged = aStaged(2, { state: "pending" });
    const observed = anObserved({ staged, view: { key: aKey({ latestRevision: 2 }) } });
    expect(actionOf(planned(observed))).toMatchObject({ type: "register", staged });
  });
  test("an unregistered one is dropped", () => {
    const staged = aStaged(2);
    expect(actionOf(planned(anObserved({ staged })))).toEqual({ type: "dropStaging", staged });
  });
  test.each([
    ["of another environment", aStaged(1, { value: aValue("local") })],
    ["without a value", aStaged(1, { value: null })],
  ])("a staged value %s is dropped", (_what, staged) => {
    expect(actionOf(planned(aFresh({ staged })))).toEqual({ type: "dropStaging", staged });
  });
});

describe("the deadline", () => {
  const staged = aStaged(1, { state: "pending" });
  const afterMs = (ms: number) =>
    planned(aFresh({ staged, registration: registrationOf(staged, context.monotonicMs - ms) }));
  test("up to a third of it the value may be published", () => {
    expect(actionOf(afterMs(1_200_000))).toMatchObject({ type: "publish" });
  });
  test("after that it is registered again first", () => {
    expect(actionOf(afterMs(1_200_001))).toMatchObject({ type: "register" });
  });
  test("the registration of another value counts for nothing", () => {
    const registration = registrationOf(aStaged(1));
    expect(actionOf(planned(aFresh({ staged, registration })))).toMatchObject({ type: "register" });
  });
});
