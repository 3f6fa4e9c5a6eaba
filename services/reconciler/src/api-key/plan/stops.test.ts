import { describe, expect, test } from "vitest";

import { aFresh, aKey, anApiKey, anObserved, aStaged, aTarget, aValue, keyId } from "../../../test/an-observed.ts";
import { actionOf, findingOf, planned } from "../../../test/planned.ts";
import type { Observed } from "../observed.ts";

describe("what stops it", () => {
  const stalls: readonly (readonly [string, string, Observed])[] = [
    ["no grant", "NotGranted", aFresh({ grant: { granted: false, message: "no" } })],
    [
      "a foreign Secret",
      "SecretConflict",
      aFresh({ target: aTarget({ isOurs: false, annotations: {}, version: null }) }),
    ],
    ["a foreign staging Secret", "SecretConflict", aFresh({ staged: aStaged(1, { isOurs: false }) })],
    ["revoked by a person", "RevokedOutOfBand", anObserved({ view: { key: aKey({ status: "revoked" }) } })],
    [
      "revoked, Secret lost",
      "RevokedOutOfBand",
      anObserved({ target: null, view: { key: aKey({ status: "revoked" }) } }),
    ],
    ["released before", "Released", anObserved({ target: null, view: { released: true } })],
    ["expired", "Expired", aFresh({ apiKey: anApiKey({ spec: { expiresAt: "2026-11-22T10:00:00Z" } }) })],
    [
      "paused by a person",
      "PausedOutOfBand",
      anObserved({ target: null, view: { key: aKey({ status: "paused", pausedByPerson: true }) } }),
    ],
  ];
  test.each(stalls)("%s: stalled, and nothing is done", (_what, reason, observed) => {
    expect(findingOf(planned(observed))).toMatchObject({ reason, ready: false, progress: "stalled" });
  });
  test.each(stalls)("%s: what lies staged goes", (_what, _reason, observed) => {
    const staged = aStaged(9, { state: "pending" });
    // A foreign one is in the way of ours: then nothing of ours lies there.
    if (observed.staged !== null) return;
    expect(actionOf(planned({ ...observed, staged }))).toEqual({ type: "dropStaging", staged });
  });
  test("no grant: what was published is confirmed all the same", () => {
    const observed = aFresh({ grant: { granted: false, message: "no" }, target: aTarget({ state: "pending" }) });
    expect(actionOf(planned(observed))).toMatchObject({ type: "confirm" });
  });
  test("paused by the manifest: not ready, not stalled", () => {
    const key = aKey({ status: "paused", settings: { ...aKey().settings, paused: true } });
    const observed = anObserved({ apiKey: anApiKey({ spec: { paused: true } }), view: { key } });
    expect(findingOf(planned(observed))).toMatchObject({ reason: "Paused", ready: false, progress: "settled" });
  });
});

describe("what takes something away is done whatever stops it", () => {
  const key = aKey({ revision: 2, latestRevision: 2, retiringUntil: "2026-11-22T10:30:00Z" });
  const previous = { previous: aValue(), previousVersion: { revision: 1, state: "retiring" as const } };
  const spec = { secret: { includePrevious: true } };
  const stops: readonly (readonly [string, Parameters<typeof anObserved>[0]])[] = [
    ["NotGranted", { grant: { granted: false, message: "no" } }],
    ["NamespaceTerminating", { isNamespaceTerminating: true }],
    ["PausedOutOfBand", { view: { key: { ...key, status: "paused", pausedByPerson: true } } }],
    [
      "Expired",
      {
        view: { key: { ...key, status: "expired" } },
        apiKey: anApiKey({ spec: { ...spec, expiresAt: "2026-11-22T09:59:00Z" } }),
      },
    ],
  ];
  const stopped = (change: Parameters<typeof anObserved>[0], at: string) => {
    const settings = { ...key.settings, expiresAt: change?.apiKey?.spec.expiresAt ?? null };
    const view = { at, key: { ...key, ...change?.view?.key, settings } };
    const target = aTarget({ revision: 2, ...previous });
    return anObserved({ apiKey: anApiKey({ spec }), target, ...change, view });
  };
  test.each(stops)("%s: the value before leaves the Secret before it ends", (reason, change) => {
    expect(findingOf(planned(stopped(change, "2026-11-22T10:27:59Z")))).toMatchObject({ reason });
    expect(actionOf(planned(stopped(change, "2026-11-22T10:28:00Z")))).toEqual({ type: "dropPrevious" });
  });
  test("NotGranted: a former Secret goes when its time is over", () => {
    const former = aTarget({ name: "old", uid: "old-uid", revision: 2 });
    const change = {
      grant: { granted: false, message: "no" } as const,
      formers: [former],
      target: aTarget({ revision: 2 }),
    };
    expect(actionOf(planned(stopped(change, "2026-11-22T10:29:59Z")))).toBeNull();
    expect(actionOf(planned(stopped(change, "2026-11-22T10:30:00Z")))).toMatchObject({
      type: "dropTarget",
      name: "old",
    });
  });
  test("NotGranted: only the restrictions of the manifest are sent", () => {
    const manifest = {
      displayName: "Other",
      paused: true,
      rateLimit: { requestsPerMinute: 600 },
      permissions: ["admin"],
    };
    const observed = anObserved({ apiKey: anApiKey({ spec: manifest }), grant: { granted: false, message: "no" } });
    expect(actionOf(planned(observed))).toEqual({ type: "restrict", settings: { ...aKey().settings, paused: true } });
    const more = anApiKey({ spec: { ...manifest, paused: false } });
    expect(findingOf(planned({ ...observed, apiKey: more, spec: anObserved({ apiKey: more }).spec }))).toMatchObject({
      reason: "NotGranted",
    });
  });
});

describe("revoked, and then a rotation is asked for", () => {
  const revocation = { keyId, rotateRequest: "before" };
  const apiKey = anApiKey({ rotateRequest: "now", status: { revocation, revision: 1 } });
  const view = { key: aKey({ status: "revoked" }) };
  const target = aTarget({ state: "ended" });
  test("a new value is staged", () => {
    const observed = anObserved({ apiKey, target, view });
    expect(actionOf(planned(observed))).toEqual({ type: "stage", revision: 2, cause: "Replaced" });
  });
  test.each([
    ["was there when the revocation was first seen", { revocation: { keyId, rotateRequest: "now" } }],
    ["is seen together with it", {}],
    ["is there when another key than before is revoked", { revocation: { ...revocation, keyId: "key_other" } }],
  ])("but not for a request that %s", (_what, status) => {
    const older = anApiKey({ rotateRequest: "now", status: { lastHandledRotateRequest: "before", ...status } });
    const observed = anObserved({ apiKey: older, target, view });
    expect(findingOf(planned(observed))).toMatchObject({ reason: "RevokedOutOfBand" });
    const staged = aStaged(2);
    expect(actionOf(planned({ ...observed, staged }))).toEqual({ type: "dropStaging", staged });
  });
  test("and registered in place of the revoked key", () => {
    const staged = aStaged(2);
    const observed = anObserved({ apiKey, target, view, staged });
    expect(actionOf(planned(observed))).toEqual({ type: "register", staged, replaceRevoked: true });
  });
  test("a value that was staged before the revocation is not used", () => {
    const staged = aStaged(1, { state: "ended" });
    const observed = anObserved({ apiKey, target: null, view, staged });
    expect(actionOf(planned(observed))).toEqual({ type: "dropStaging", staged });
  });
});
