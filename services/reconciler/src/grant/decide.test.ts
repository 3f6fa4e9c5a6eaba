import { expect, test } from "vitest";

import { decideGrant } from "./decide.ts";
import type { WorkspaceGrantSpec } from "./resource.ts";

const spec = { workspace: "acme", environment: "production", rateLimit: { requestsPerMinute: 100 } } as const;
const shop = { name: "shop", labels: { team: "web", tier: "1" } };
const aGrant = (change: Partial<WorkspaceGrantSpec> = {}) => ({
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
  expect(decideGrant(spec, shop, [grant])).toEqual({ granted: true });
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
  expect(decideGrant(spec, shop, [grant])).toEqual({ granted: false, message: expect.stringMatching(message) });
});

test("default deny; one grant that matches in everything is enough, and two halves are not", () => {
  expect(decideGrant(spec, shop, []).granted).toBe(false);
  expect(decideGrant(spec, shop, [aGrant({ workspace: "other" }), aGrant()]).granted).toBe(true);
  const halves = [aGrant({ environments: ["local"] }), aGrant({ maxRequestsPerMinute: 1 })];
  expect(decideGrant(spec, shop, halves).granted).toBe(false);
});
