import { describe, expect, test } from "vitest";

import { aFresh, aKey, anApiKey, anObserved, aStaged, aTarget, keyId } from "../../../test/an-observed.ts";
import { actionOf, context, findingOf, planned, registrationOf } from "../../../test/planned.ts";

describe("the first key, step by step", () => {
  test("the finalizer comes before anything that deletion would have to undo", () => {
    expect(actionOf(planned(aFresh({ apiKey: anApiKey({ finalizers: [] }) })))).toEqual({ type: "addFinalizer" });
  });
  test("then revision 1 is staged", () => {
    expect(actionOf(planned(aFresh()))).toEqual({ type: "stage", revision: 1, cause: "Created" });
  });
  test("then registered", () => {
    const staged = aStaged(1);
    expect(actionOf(planned(aFresh({ staged })))).toEqual({
      type: "register",
      staged,
      replaceRevoked: false,
    });
  });
  test("then published", () => {
    const staged = aStaged(1, { state: "pending" });
    const registration = registrationOf(staged);
    expect(actionOf(planned(aFresh({ staged, registration })))).toMatchObject({
      type: "publish",
      staged,
      keyId,
      registeredAtMs: context.monotonicMs,
    });
  });
  test("then confirmed", () => {
    const target = aTarget({ state: "pending" });
    const observed = aFresh({ target, staged: aStaged(1, { state: "pending", value: target.value }) });
    expect(actionOf(planned(observed))).toMatchObject({ type: "confirm", revision: 1, isFirst: true });
  });
  test("then the staging Secret goes", () => {
    const target = aTarget();
    const staged = aStaged(1, { state: "current", value: target.value });
    expect(actionOf(planned(anObserved({ target, staged })))).toEqual({ type: "dropStaging", staged });
  });
  test("then there is nothing to do but to look again some time", () => {
    expect(planned(anObserved())).toEqual({
      action: null,
      finding: expect.objectContaining({ reason: "Delivered", ready: true, progress: "settled" }),
      requeueAfterMs: 60_000,
    });
  });
});

describe("the table of crashes", () => {
  test("after stage: goes on with the same value", () => {
    const staged = aStaged(2);
    const observed = anObserved({ apiKey: anApiKey({ rotateRequest: "now" }), staged });
    expect(actionOf(planned(observed))).toEqual({ type: "register", staged, replaceRevoked: false });
  });
  test("after register, or when its answer was lost: registers the same value again", () => {
    const staged = aStaged(2, { state: "pending" });
    const observed = anObserved({
      apiKey: anApiKey({ rotateRequest: "now" }),
      staged,
      view: { key: aKey({ latestRevision: 2 }) },
    });
    expect(actionOf(planned(observed))).toEqual({ type: "register", staged, replaceRevoked: false });
  });
  test("after publish: confirms", () => {
    const target = aTarget({ revision: 2, state: "pending", rotateHandled: "now" });
    const observed = anObserved({
      apiKey: anApiKey({ rotateRequest: "now" }),
      target,
      staged: aStaged(2, { state: "pending", value: target.value }),
      view: { key: aKey({ latestRevision: 2 }) },
    });
    expect(actionOf(planned(observed))).toMatchObject({ type: "confirm", revision: 2, isFirst: false });
  });
  test("after register and down past the deadline: the dead value goes, the next revision is made", () => {
    const staged = aStaged(1, { state: "ended" });
    const key = aKey({ revision: 0, latestRevision: 1 });
    const dropped = planned(anObserved({ target: null, staged, view: { key } }));
    expect(actionOf(dropped)).toEqual({ type: "dropStaging", staged });
    const after = planned(anObserved({ target: null, spentRevision: 1, view: { key } }));
    expect(actionOf(after)).toMatchObject({ type: "stage", revision: 2 });
  });
  test("after publish and down past the deadline: a new revision, said as such", () => {
    const observed = anObserved({
      target: aTarget({ revision: 2, state: "ended" }),
      view: { key: aKey({ latestRevision: 2 }) },
    });
    expect(actionOf(planned(observed))).toEqual({ type: "stage", revision: 3, cause: "DeliveryExpired" });
  });
  test("after confirm: cleans up, and does not rotate again for the same request", () => {
    const target = aTarget({ revision: 2, rotateHandled: "now" });
    const staged = aStaged(2, { state: "current", value: target.value });
    const observed = anObserved({
      apiKey: anApiKey({ rotateRequest: "now", status: { lastHandledRotateRequest: "before" } }),
      target,
      view: { key: aKey({ revision: 2, latestRevision: 2 }) },
    });
    expect(actionOf(planned({ ...observed, staged }))).toEqual({ type: "dropStaging", staged });
    expect(findingOf(planned(observed))).toMatchObject({ reason: "Delivered" });
  });
  test("the target Secret deleted: SecretLost", () => {
    expect(actionOf(planned(anObserved({ target: null })))).toEqual({
      type: "stage",
      revision: 2,
      cause: "SecretLost",
    });
  });
  test("its value emptied: SecretLost", () => {
    const target = { ...aTarget(), value: null, version: null };
    expect(actionOf(planned(anObserved({ target })))).toMatchObject({ revision: 2, cause: "SecretLost" });
  });
  test.each(["ended", "retiring"] as const)("an %s value put into it: SecretTampered", (state) => {
    const observed = anObserved({
      target: aTarget({ state }),
      view: { key: aKey({ revision: 2, latestRevision: 2 }) },
    });
    expect(actionOf(planned(observed))).toEqual({ type: "stage", revision: 3, cause: "SecretTampered" });
  });
  test("an unknown value put into it: SecretTampered", () => {
    const target = { ...aTarget(), version: null };
    expect(actionOf(planned(anObserved({ target })))).toMatchObject({ revision: 2, cause: "SecretTampered" });
  });
});
