import { describe, expect, test } from "vitest";

import { aKey, anApiKey, anObserved, aTarget, aValue } from "../../../test/an-observed.ts";
import { actionOf, findingOf, planned } from "../../../test/planned.ts";
import { FINALIZER } from "../names.ts";

test("it looks again when the version before ends, or the key, if that is sooner", () => {
  const retiring = anObserved({ view: { key: aKey({ retiringUntil: "2026-11-22T10:00:10Z" }) } });
  expect(planned(retiring)).toMatchObject({ requeueAfterMs: 11_000 });
  const settings = { ...aKey().settings, expiresAt: "2026-11-22T10:00:20.000Z" };
  const apiKey = anApiKey({ spec: { expiresAt: "2026-11-22T10:00:20Z" }, finalizers: [FINALIZER] });
  expect(planned(anObserved({ apiKey, view: { key: aKey({ settings }) } }))).toMatchObject({ requeueAfterMs: 21_000 });
});

describe("the schedule", () => {
  const apiKey = anApiKey({ spec: { rotation: { every: "1h", overlap: "30m" } } });
  const due = { at: "2026-11-22T10:30:00Z", key: aKey() };
  test("a rotation that is due is made like one on request", () => {
    expect(actionOf(planned(anObserved({ apiKey, view: due })))).toEqual({
      type: "stage",
      revision: 2,
      cause: "Rotated",
    });
  });
  test("before that it is looked forward to", () => {
    const decision = planned(anObserved({ apiKey }), { resyncMs: 10_000_000 });
    expect(decision).toMatchObject({ action: null, requeueAfterMs: expect.any(Number) });
    expect(decision).not.toMatchObject({ requeueAfterMs: 10_000_000 });
  });
  test.each([
    ["paused by the manifest", aKey({ status: "paused", settings: { ...aKey().settings, paused: true } }), true],
    ["paused by a person", aKey({ status: "paused", pausedByPerson: true }), false],
    ["revoked", aKey({ status: "revoked" }), false],
  ])("nothing is rotated while the key is %s", (_what, key, paused) => {
    const declared = anApiKey({ spec: { rotation: { every: "1h", overlap: "30m" }, paused } });
    expect(actionOf(planned(anObserved({ apiKey: declared, view: { ...due, key } })))).toBeNull();
  });
  test("nor without a grant", () => {
    const observed = anObserved({ apiKey, view: due, grant: { granted: false, message: "no" } });
    expect(findingOf(planned(observed))).toMatchObject({ reason: "NotGranted" });
  });
});

describe("spec.expiresAt, with a schedule", () => {
  const expiresAt = "2026-11-22T12:00:00.000Z";
  const spec = { expiresAt, rotation: { every: "720h", overlap: "20m" } };
  const settings = { ...aKey().settings, expiresAt };
  const at = (instant: string, key: object = {}, more: object = {}) =>
    anObserved({
      apiKey: anApiKey({ spec: { ...spec, ...more } }),
      view: { at: instant, key: aKey({ settings, ...key }) },
    });
  test("a new version is made before it", () => {
    expect(actionOf(planned(at("2026-11-22T11:34:00Z")))).toBeNull();
    expect(actionOf(planned(at("2026-11-22T11:35:00Z")))).toMatchObject({ type: "stage", cause: "Rotated" });
  });
  test("once it is delivered, the key's expiry is lifted", () => {
    const rotatedAt = "2026-11-22T11:35:01Z";
    expect(actionOf(planned(at(rotatedAt, { rotatedAt })))).toEqual({ type: "configure" });
    const lifted = at(rotatedAt, { rotatedAt, settings: { ...settings, expiresAt: null } });
    expect(findingOf(planned({ ...lifted, view: { ...lifted.view, at: "2026-11-22T13:00:00Z" } }))).toMatchObject({
      reason: "Delivered",
    });
  });
  test("missed, it stays expired: nothing brings back what has ended", () => {
    const observed = at("2026-11-22T13:00:00Z", { status: "expired" });
    expect(findingOf(planned(observed))).toMatchObject({ reason: "Expired" });
  });
  test("with atExpiry: End the key ends there", () => {
    const end = { rotation: { ...spec.rotation, atExpiry: "End" } };
    expect(actionOf(planned(at("2026-11-22T11:59:00Z", {}, end)))).toBeNull();
    const rotatedAt = "2026-11-22T11:50:00Z";
    expect(actionOf(planned(at("2026-11-22T11:59:00Z", { rotatedAt }, end)))).toBeNull();
  });
});

describe("retireWhenUnused", () => {
  const rotation = { overlap: "10m", retireWhenUnused: { idleFor: "5m", atMost: "24h" } };
  const at = (instant: string, lastUsedAt: string | null, change: { spec?: object; key?: object } = {}) => {
    const validUntil = "2026-11-23T09:30:00Z";
    const retiring = { revision: 1, validUntil, lastUsedAt, accepted: 7 };
    const key = aKey({ revision: 2, latestRevision: 2, retiringUntil: validUntil, retiring, ...change.key });
    const apiKey = anApiKey({ spec: { rotation, ...change.spec } });
    return anObserved({ apiKey, target: aTarget({ revision: 2 }), view: { at: instant, key } });
  };
  const retire = { type: "retire", revision: 1, idleForMs: 300_000 };
  test("the version before has its overlap, used or not", () => {
    const decision = planned(at("2026-11-22T09:39:59Z", null), { resyncMs: 9_999_999 });
    expect(decision).toMatchObject({ action: null, requeueAfterMs: 2_000 });
    expect(actionOf(planned(at("2026-11-22T09:40:00Z", null)))).toEqual(retire);
  });
  test("then it goes on for as long as it is used", () => {
    expect(actionOf(planned(at("2026-11-22T12:00:00Z", "2026-11-22T11:55:01Z")))).toBeNull();
    expect(actionOf(planned(at("2026-11-22T12:00:01Z", "2026-11-22T11:55:01Z")))).toEqual(retire);
  });
  test("it leaves the Secret before it ends", () => {
    const spec = { secret: { includePrevious: true } };
    const observed = at("2026-11-22T09:40:00Z", null, { spec });
    const previousVersion = { revision: 1, state: "retiring" as const };
    const target = { ...aTarget({ revision: 2, previous: aValue(), previousVersion }) };
    expect(actionOf(planned({ ...observed, target }))).toEqual({ type: "rewrite" });
  });
  test.each([
    ["nobody asked for it", { spec: { rotation: { overlap: "10m" } } }],
    ["the key is paused", { key: { status: "paused", pausedByPerson: true } }],
  ])("nothing is ended early where %s", (_what, change) => {
    expect(actionOf(planned(at("2026-11-22T12:00:00Z", null, change)))).toBeNull();
  });
});
