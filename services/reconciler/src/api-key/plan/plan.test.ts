import { describe, expect, test } from "vitest";

import { aFresh, aKey, anApiKey, anObserved, aStaged, aTarget, aValue, keyId } from "../../../test/an-observed.ts";
import { FINALIZER } from "../names.ts";
import type { Observed, StagedSecret, TargetSecret } from "../observed.ts";
import type { Decision, PlanContext } from "./decision.ts";
import { plan } from "./plan.ts";

const context: PlanContext = { monotonicMs: 1_000_000, deliverWithinMs: 3_600_000, resyncMs: 60_000 };
const planned = (observed: Observed, change: Partial<PlanContext> = {}) => plan(observed, { ...context, ...change });

const actionOf = (decision: Decision) => decision.action;
const findingOf = (decision: Decision) => (decision.action === null ? decision.finding : null);

const registrationOf = ({ revision, value }: StagedSecret, sentAtMs = context.monotonicMs) => ({
  revision,
  sha256: () => value?.sha256() ?? "",
  keyId,
  sentAtMs,
});

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

describe("settings", () => {
  test.each([
    ["name", { displayName: "Other" }],
    ["rate limit", { rateLimit: { requestsPerMinute: 5 } }],
    ["expiry", { expiresAt: "2030-01-01T00:00:00Z" }],
    ["pause", { paused: true }],
    ["set of permissions", { permissions: ["files:read"] }],
    ["set of IP rules", { ipRules: ["10.0.0.0/8"] }],
  ])("another %s in the manifest is configured", (_what, spec) => {
    expect(actionOf(planned(anObserved({ apiKey: anApiKey({ spec }) })))).toEqual({ type: "configure" });
  });
  test("the same instant in another spelling is no difference", () => {
    const settings = { ...aKey().settings, expiresAt: "2030-01-01T00:00:00.000Z" };
    const apiKey = anApiKey({ spec: { expiresAt: "2030-01-01T01:00:00+01:00" } });
    expect(actionOf(planned(anObserved({ apiKey, view: { key: aKey({ settings }) } })))).toBeNull();
  });
  test("the same permissions and IP rules in another order are no difference", () => {
    const settings = { ...aKey().settings, permissions: ["a", "b"], ipRules: ["10.0.0.0/8", "::/0"] };
    const spec = { permissions: ["b", "a"], ipRules: ["::/0", "10.0.0.0/8"] };
    const view = { key: aKey({ settings }) };
    expect(actionOf(planned(anObserved({ apiKey: anApiKey({ spec }), view })))).toBeNull();
    for (const less of [{ permissions: ["a"] }, { ipRules: ["::/0"] }]) {
      const apiKey = anApiKey({ spec: { ...spec, ...less } });
      expect(actionOf(planned(anObserved({ apiKey, view })))).toEqual({ type: "configure" });
    }
  });
  test("a later expiry is configured although the key has expired", () => {
    const settings = { ...aKey().settings, expiresAt: "2026-01-01T00:00:00Z" };
    const apiKey = anApiKey({ spec: { expiresAt: "2030-01-01T00:00:00Z" } });
    const observed = anObserved({ apiKey, view: { key: aKey({ settings, status: "expired" }) } });
    expect(actionOf(planned(observed))).toEqual({ type: "configure" });
  });
  test("a person's pause is not lifted", () => {
    const key = aKey({ status: "paused", pausedByPerson: true });
    expect(actionOf(planned(anObserved({ view: { key } })))).toBeNull();
  });
});

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

describe("workloads that hold the value before", () => {
  const targets = { restartTargets: [{ kind: "Deployment", name: "web" }] };
  const after = (status: object, spec: object = targets, change: Partial<Observed> = {}) =>
    planned({
      ...anObserved({
        apiKey: anApiKey({ spec, status: { revision: 2, ...status } }),
        target: aTarget({ revision: 3 }),
        view: { key: aKey({ revision: 3, latestRevision: 3 }) },
      }),
      ...change,
    });
  const settledWith = { action: null, finding: expect.objectContaining({ reason: "Delivered" }) };
  test("are restarted for a new revision", () => {
    expect(actionOf(after({}))).toEqual({ type: "restart" });
    expect(actionOf(after({ restartedRevision: 2 }))).toEqual({ type: "restart" });
  });
  test("once", () => {
    expect(after({ restartedRevision: 3, revision: 3 })).toMatchObject(settledWith);
  });
  test("not for a revision that was there before anybody asked", () => {
    expect(after({ revision: 3 })).toMatchObject(settledWith);
  });
  test("not again in a run that failed to; but soon", () => {
    const restart = { revision: 3, isDone: false, warnings: [] };
    expect(after({}, targets, { restart })).toMatchObject({ ...settledWith, requeueAfterMs: 10_000 });
  });
  test("not before the new value is confirmed", () => {
    const target = aTarget({ revision: 3, state: "pending" });
    const observed = anObserved({
      apiKey: anApiKey({ spec: targets, status: { revision: 2 } }),
      target,
      view: { key: aKey({ revision: 2, latestRevision: 3 }) },
    });
    expect(actionOf(planned(observed))).toMatchObject({ type: "confirm" });
  });
  test("have their files refreshed first, where that is asked for", () => {
    const both = { ...targets, propagate: "Prompt" };
    expect(actionOf(after({}, both))).toEqual({ type: "propagate" });
    expect(actionOf(after({ propagatedRevision: 3 }, both))).toEqual({ type: "restart" });
    expect(after({ revision: 3 }, { propagate: "Eventually" })).toMatchObject(settledWith);
  });
});

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

describe("a changed spec.secret.name", () => {
  const apiKey = anApiKey({ spec: { secret: { name: "new" } } });
  const recorded = {
    ...apiKey,
    metadata: { ...apiKey.metadata, annotations: { "keys.itsy.dev/secret-names": "website new" } },
  };
  const former = aTarget({ createdAt: "2026-11-20T10:00:00Z" });
  const moved = aTarget({ name: "new", uid: "new-uid", createdAt: "2026-11-22T09:59:00Z" });
  const renamed = (change: Parameters<typeof anObserved>[0]) =>
    anObserved({ apiKey: recorded, target: null, formers: [former], ...change });
  test("is put on record first", () => {
    expect(actionOf(planned(renamed({ apiKey })))).toEqual({ type: "recordNames", names: ["website", "new"] });
  });
  test("takes the value along", () => {
    expect(actionOf(planned(renamed({})))).toEqual({ type: "move", from: former });
  });
  test("also over one of ours that has an older value, but over nobody else's", () => {
    const older = aTarget({ name: "new", state: "ended", revision: 1 });
    const newer = aTarget({ revision: 2 });
    const key = aKey({ revision: 2, latestRevision: 2 });
    expect(actionOf(planned(renamed({ target: older, formers: [newer], view: { key } })))).toMatchObject({
      type: "move",
    });
    const foreign = aTarget({ name: "new", isOurs: false, version: null });
    expect(findingOf(planned(renamed({ target: foreign })))).toMatchObject({ reason: "SecretConflict" });
  });
  test("leaves the former Secret for the time of an overlap", () => {
    const decision = planned(renamed({ target: moved }), { resyncMs: 9_999_999 });
    expect(decision).toMatchObject({ action: null, requeueAfterMs: 59 * 60_000 });
    const over = { at: "2026-11-22T10:59:00Z", key: aKey() };
    expect(actionOf(planned(renamed({ target: moved, view: over })))).toEqual({
      type: "dropTarget",
      name: "website",
      uid: "target-uid",
    });
  });
  test("or until its value is not the current one any more", () => {
    const outdated = aTarget({ state: "retiring" });
    expect(actionOf(planned(renamed({ target: moved, formers: [outdated] })))).toMatchObject({ type: "dropTarget" });
  });
  test("takes the former Secret away before the confirmation of the next value ends what lies in it", () => {
    const published = { ...moved, revision: 2, version: { revision: 2, state: "pending" } as const };
    const planning = planned(renamed({ target: published, formers: [former] }));
    expect(actionOf(planning)).toEqual({ type: "dropTarget", name: former.name, uid: former.uid });
    expect(actionOf(planned(renamed({ target: published, formers: [] })))).toMatchObject({ type: "confirm" });
  });
  test("keeps the former name on record, and reads on where there are more than one look reads", () => {
    expect(planned(renamed({ target: moved, formers: [] })).action).toBeNull();
    const annotated = { ...recorded.metadata, annotations: { "keys.itsy.dev/secret-names": "a b c d website new" } };
    const often = { ...recorded, metadata: annotated };
    expect(actionOf(planned(renamed({ apiKey: often, target: moved, formers: [] })))).toEqual({
      type: "recordNames",
      names: ["a", "new"],
    });
  });
  test("confirms what was published under the former name", () => {
    const pending = aTarget({ revision: 2, state: "pending" });
    expect(actionOf(planned(renamed({ formers: [pending] })))).toMatchObject({ type: "confirm", revision: 2 });
  });
  test("makes a new value only where none is left", () => {
    const tampered = { ...former, version: null };
    expect(actionOf(planned(renamed({ formers: [tampered] })))).toMatchObject({ type: "stage", cause: "SecretLost" });
  });
  test("deletion takes both", () => {
    const deleted = { ...recorded, metadata: { ...recorded.metadata, deletionTimestamp: "2026-11-22T09:59:00Z" } };
    expect(actionOf(planned(renamed({ apiKey: deleted })))).toMatchObject({ type: "dropTarget", name: "website" });
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
