import { describe, expect, test } from "vitest";

import { type Claim, isOlder } from "./claims.ts";
import { decideGrant, type GrantContext } from "./decide.ts";
import { createPlaces } from "./places.ts";
import type { WorkspaceGrantSpec } from "./resource.ts";

const claim: Claim = {
  uid: "uid",
  namespace: "shop",
  name: "website",
  createdAt: "2026-11-22T10:00:00Z",
  workspace: "acme",
  environment: "production",
  requestsPerMinute: 100,
};
const labelsOf = (namespace: string): Readonly<Record<string, string>> =>
  namespace === "shop" ? { team: "web", tier: "1" } : {};
const decide = (grants: GrantContext["grants"], claims: readonly Claim[] = [claim]) =>
  decideGrant(claim, {
    grants,
    labelsOf,
    hasRoom: createPlaces({ grantsOf: () => grants, claimsOf: () => claims, labelsOf }).hasRoom,
  });

const aGrant = (change: Partial<WorkspaceGrantSpec> = {}) => ({
  metadata: { name: "acme-shop" },
  spec: { workspace: "acme", namespaces: ["shop"], environments: ["production" as const], ...change },
});
const selecting = (namespaceSelector: WorkspaceGrantSpec["namespaceSelector"]) =>
  aGrant({ namespaces: undefined, namespaceSelector });

test.each([
  ["named", aGrant()],
  ["selected by everything", selecting({})],
  ["selected by a label", selecting({ matchLabels: { team: "web" } })],
  ["In", selecting({ matchExpressions: [{ key: "team", operator: "In", values: ["x", "web"] }] })],
  ["NotIn", selecting({ matchExpressions: [{ key: "team", operator: "NotIn", values: ["x"] }] })],
  ["NotIn, label absent", selecting({ matchExpressions: [{ key: "other", operator: "NotIn", values: ["x"] }] })],
  ["Exists", selecting({ matchExpressions: [{ key: "team", operator: "Exists" }] })],
  ["DoesNotExist", selecting({ matchExpressions: [{ key: "other", operator: "DoesNotExist" }] })],
  ["named or selected", aGrant({ namespaces: ["other"], namespaceSelector: { matchLabels: { team: "web" } } })],
  ["with a limit that is enough", aGrant({ maxRequestsPerMinute: 100 })],
])("granted: %s", (_what, grant) => {
  expect(decide([grant])).toEqual({ granted: true });
});

test.each([
  [
    "another workspace",
    aGrant({ workspace: "other" }),
    /No WorkspaceGrant gives workspace "acme" to namespace "shop"\./,
  ],
  ["another namespace", aGrant({ namespaces: ["shop2"] }), /to namespace "shop"\./],
  ["another environment", aGrant({ environments: ["local"] }), /for environment "production"/],
  ["a limit too low", aGrant({ maxRequestsPerMinute: 99 }), /asks for 100 .* at most 99/],
  ["a label of another value", selecting({ matchLabels: { team: "api" } }), /No WorkspaceGrant/],
  ["one label of two", selecting({ matchLabels: { team: "web", tier: "2" } }), /No WorkspaceGrant/],
  ["In, label absent", selecting({ matchExpressions: [{ key: "x", operator: "In", values: ["y"] }] }), /No Worksp/],
  ["Exists, label absent", selecting({ matchExpressions: [{ key: "x", operator: "Exists" }] }), /No WorkspaceGrant/],
  [
    "a term beside a label",
    selecting({ matchLabels: { team: "web" }, matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] }),
    /No W/,
  ],
])("not granted: %s", (_what, grant, message) => {
  expect(decide([grant])).toEqual({ granted: false, message: expect.stringMatching(message) });
});

test("default deny; one grant that matches in everything is enough, and two halves are not", () => {
  expect(decide([]).granted).toBe(false);
  expect(decide([aGrant({ workspace: "other" }), aGrant()]).granted).toBe(true);
  const halves = [aGrant({ environments: ["local"] }), aGrant({ maxRequestsPerMinute: 1 })];
  expect(decide(halves).granted).toBe(false);
});

describe("maxKeys", () => {
  const other = (change: Partial<Claim>): Claim => ({ ...claim, uid: JSON.stringify(change), ...change });
  const older = (change: Partial<Claim> = {}) => other({ createdAt: "2026-11-22T09:00:00Z", ...change });
  const decideAmong = (maxKeys: number, others: readonly Claim[], more: Partial<WorkspaceGrantSpec> = {}) =>
    decide(
      [aGrant({ maxKeys, ...more })],
      [...others, claim].toSorted((a, b) => (isOlder(a, b) ? -1 : 1)),
    );

  test("the oldest get the keys, and the message names the grant and its bound", () => {
    expect(decideAmong(2, [older()])).toEqual({ granted: true });
    expect(decideAmong(2, [older({ name: "a" }), older({ name: "b" })])).toEqual({
      granted: false,
      message: expect.stringMatching(/Older ApiKeys have all the keys.*WorkspaceGrant "acme-shop" allows 2\./),
    });
  });
  test("younger ones do not count", () =>
    expect(decideAmong(1, [other({ createdAt: "2026-11-22T11:00:00Z" })]).granted).toBe(true));
  test("of the same second, namespace and name decide, so that the order never changes", () => {
    expect(decideAmong(1, [other({ name: "a" })]).granted).toBe(false);
    expect(decideAmong(1, [other({ name: "z" })]).granted).toBe(true);
    expect(decideAmong(1, [other({ namespace: "other", name: "z" })], { namespaces: ["other", "shop"] }).granted).toBe(
      false,
    );
  });
  test("only those count that the grant fits", () => {
    const unfit = [older({ namespace: "other" }), older({ environment: "local" }), older({ requestsPerMinute: 999 })];
    expect(decideAmong(1, unfit, { maxRequestsPerMinute: 500 }).granted).toBe(true);
    expect(decideAmong(1, [...unfit, older()], { maxRequestsPerMinute: 500 }).granted).toBe(false);
  });
  test("0 gives no key", () => expect(decideAmong(0, []).granted).toBe(false));
  test("another grant with room is enough", () => {
    expect(decide([aGrant({ maxKeys: 0 }), aGrant({ maxKeys: 1 })]).granted).toBe(true);
  });
});
