import type { OwnerReference } from "@itsy/controller-runtime";
import { describe, expect, test } from "vitest";

import { aFresh, aKey, anApiKey, anObserved, aStaged, aTarget } from "../../../test/an-observed.ts";
import { managedByLabel } from "../names.ts";
import type { Observed, TargetSecret } from "../observed.ts";
import { plan } from "./plan.ts";

const context = { monotonicMs: 1_000_000, deliverWithinMs: 3_600_000, resyncMs: 60_000 };
const actionOf = (observed: Observed) => plan(observed, context).action;
const findingOf = (observed: Observed) => {
  const decision = plan(observed, context);
  return decision.action === null ? decision.finding : decision.action;
};

const ownedBy = (change: Partial<OwnerReference>): readonly OwnerReference[] => [
  { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", name: "website", uid: "old-uid", controller: true, ...change },
];
const notOurs = (change: Partial<TargetSecret>): TargetSecret => ({
  ...aTarget(),
  isOurs: false,
  version: null,
  ...change,
});

describe("what a Secret says of itself is put back, the value stays", () => {
  test.each<[string, Partial<TargetSecret>]>([
    ["labels stripped", { labels: {} }],
    ["a label changed", { labels: { ...managedByLabel, "app.kubernetes.io/managed-by": "somebody" } }],
    ["annotations stripped, the revision with them", { annotations: {}, revision: 0 }],
  ])("%s", (_what, change) => {
    const target = { ...aTarget(), ...change };
    expect(actionOf(anObserved({ target }))).toEqual({ type: "rewrite" });
  });
  test("labels of one's own beside them are left alone", () => {
    const target = { ...aTarget(), labels: { ...aTarget().labels, team: "web" } };
    expect(findingOf(anObserved({ target }))).toMatchObject({ reason: "Delivered" });
  });
  test("a label that the manifest newly asks for is added", () => {
    const apiKey = anApiKey({ spec: { secret: { labels: { app: "web" } } } });
    expect(actionOf(anObserved({ apiKey }))).toEqual({ type: "rewrite" });
  });
  test("a tampered value comes first: it brings its own", () => {
    const target = { ...aTarget({ state: "ended" }), labels: {} };
    expect(actionOf(anObserved({ target }))).toMatchObject({ type: "stage", cause: "SecretTampered" });
  });
});

describe("a Secret that somebody else owns is left alone, and the message says who", () => {
  test.each<[string, Partial<TargetSecret>, RegExp]>([
    ["nobody", { annotations: {} }, /exists and does not belong to this ApiKey/],
    ["another ApiKey", { owners: ownedBy({ name: "other" }) }, /belongs to ApiKey "other"/],
    [
      "another kind",
      { owners: ownedBy({ apiVersion: "v1", kind: "Pod", name: "website" }) },
      /belongs to Pod "website"/,
    ],
    ["another group", { owners: ownedBy({ apiVersion: "other.dev/v1" }) }, /belongs to ApiKey "website"/],
  ])("%s", (_what, change, message) => {
    const finding = {
      reason: "SecretConflict",
      ready: false,
      progress: "stalled",
      message: expect.stringMatching(message),
    };
    expect(findingOf(aFresh({ target: notOurs(change) }))).toMatchObject(finding);
    expect(findingOf(anObserved({ target: notOurs(change) }))).toMatchObject(finding);
  });
});

describe("two ApiKeys that want one Secret", () => {
  test("the younger waits, and is told for whom; nothing is minted", () => {
    expect(findingOf(aFresh({ olderRival: "first" }))).toMatchObject({
      reason: "SecretConflict",
      message: expect.stringMatching(/ApiKey "first" is older/),
    });
  });
  test("whoever has the Secret keeps it", () => {
    expect(findingOf(anObserved({ olderRival: "first" }))).toMatchObject({ reason: "Delivered" });
  });
  test("the younger can be deleted", () => {
    const apiKey = anApiKey({ isDeleted: true });
    expect(actionOf(aFresh({ apiKey, olderRival: "first" }))).toEqual({ type: "release" });
  });
});

describe("restored from a backup, or made again, under a new uid", () => {
  const left = notOurs({ owners: ownedBy({}) });
  test.each([
    ["whose owner is gone", left],
    ["without an owner", notOurs({ owners: [] })],
  ])("the service is asked for the key of a Secret %s", (_what, target) => {
    expect(actionOf(aFresh({ target }))).toEqual({ type: "adopt", sha256: target.value?.sha256 });
  });
  test("then the Secret is taken over", () => {
    const target = { ...left, version: { revision: 1, state: "current" as const } };
    expect(actionOf(anObserved({ target }))).toEqual({ type: "takeOver" });
  });
  test("also where the owner reference was stripped from one's own Secret", () => {
    const target = notOurs({ version: { revision: 1, state: "retiring" } });
    expect(actionOf(anObserved({ target }))).toEqual({ type: "takeOver" });
  });
  test("deleted meanwhile, the Secret goes all the same: its value is about to end", () => {
    const apiKey = anApiKey({ isDeleted: true });
    const target = notOurs({ version: { revision: 1, state: "current" } });
    expect(actionOf(anObserved({ apiKey, target }))).toMatchObject({ type: "dropTarget", uid: target.uid });
    expect(actionOf(anObserved({ apiKey, target: left }))).toEqual({ type: "release" });
  });
  test("refused: a person decides, and nothing is minted over it", () => {
    expect(findingOf(aFresh({ target: left, isAdoptionRefused: true }))).toMatchObject({
      reason: "SecretConflict",
      message: expect.stringMatching(/left behind by an ApiKey that is gone.*Delete the Secret/),
    });
  });
  test.each<[string, Observed]>([
    ["whoever has a key already takes no other", anObserved({ target: left })],
    ["a value that is no secret of ours proves nothing", aFresh({ target: { ...left, value: null } })],
  ])("%s", (_what, observed) => expect(findingOf(observed)).toMatchObject({ reason: "SecretConflict" }));
  test("without a grant nothing is adopted", () => {
    const grant = { granted: false, message: "no" } as const;
    expect(findingOf(aFresh({ target: left, grant }))).toMatchObject({ reason: "NotGranted" });
  });
  test("the finalizer comes first: what is adopted has to be released some day", () => {
    expect(actionOf(aFresh({ target: left, apiKey: anApiKey({ finalizers: [] }) }))).toEqual({ type: "addFinalizer" });
  });
  test("an object that was released itself adopts nothing", () => {
    expect(findingOf(aFresh({ target: left, view: { released: true } }))).toMatchObject({ reason: "SecretConflict" });
  });
});

describe("the namespace is being deleted", () => {
  const isNamespaceTerminating = true;
  test("nothing is begun, and it is no fault", () => {
    const apiKey = anApiKey({ finalizers: [] });
    expect(findingOf(aFresh({ isNamespaceTerminating, apiKey }))).toMatchObject({
      reason: "NamespaceTerminating",
      ready: false,
      progress: "settled",
    });
  });
  test("a key that was delivered is ready until it goes", () => {
    expect(findingOf(anObserved({ isNamespaceTerminating }))).toMatchObject({ ready: true });
  });
  test("a lost Secret is not made anew; what lies staged goes", () => {
    expect(findingOf(anObserved({ isNamespaceTerminating, target: null }))).toMatchObject({
      reason: "NamespaceTerminating",
    });
    const staged = aStaged(2);
    expect(actionOf(anObserved({ isNamespaceTerminating, target: null, staged }))).toEqual({
      type: "dropStaging",
      staged,
    });
  });
  test("release happens as ever", () => {
    const apiKey = anApiKey({ isDeleted: true });
    expect(actionOf(anObserved({ isNamespaceTerminating, apiKey, target: null }))).toEqual({ type: "release" });
  });
});

test("deleted in the service: said apart from a release, and nothing is minted", () => {
  const apiKey = anApiKey({ status: { keyId: "key_1" } });
  expect(findingOf(anObserved({ apiKey, view: { key: null, released: true } }))).toMatchObject({
    reason: "DeletedOutOfBand",
    ready: false,
    progress: "stalled",
    message: expect.stringMatching(/Key key_1 was deleted.*create it again/),
  });
  expect(findingOf(anObserved({ view: { released: true, key: aKey() } }))).toMatchObject({ reason: "Released" });
});
