import { describe, expect, test } from "vitest";

import { aKey, anApiKey, anObserved, aTarget } from "../../../test/an-observed.ts";
import { actionOf, planned } from "../../../test/planned.ts";
import type { Observed } from "../observed.ts";

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
