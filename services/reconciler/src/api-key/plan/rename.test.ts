import { describe, expect, test } from "vitest";

import { aKey, anApiKey, anObserved, aTarget } from "../../../test/an-observed.ts";
import { actionOf, findingOf, planned } from "../../../test/planned.ts";

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
