import { expect, test } from "vitest";

import { grantCommand, missingRight } from "./grant-command.ts";

const refusal = (change: { user?: string; verb?: string; resource?: string; group?: string } = {}) => {
  const { user = "system:serviceaccount:itsy-system:itsy-reconciler", verb = "get", resource = "secrets" } = change;
  return `GET /api/v1/namespaces/shop/secrets/website: 403 secrets "website" is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${change.group ?? ""}" in the namespace "shop"`;
};

test("the command that grants what is missing, with every verb on Secrets at once", () => {
  expect(grantCommand(refusal())).toBe(
    "kubectl -n shop create role itsy-reconciler-secrets --verb=get,create,patch,delete --resource=secrets --dry-run=client -o yaml | kubectl auth reconcile -f - && " +
      "kubectl -n shop create rolebinding itsy-reconciler-secrets --role=itsy-reconciler-secrets --serviceaccount=itsy-system:itsy-reconciler --dry-run=client -o yaml | kubectl auth reconcile -f -",
  );
});

test("of the watch of Secrets, its verbs", () =>
  expect(grantCommand(refusal({ verb: "watch" }))).toContain("--verb=list,watch --resource=secrets "));

test("what is missing, in one clause", () => {
  expect(missingRight(refusal())).toBe(
    'system:serviceaccount:itsy-system:itsy-reconciler may not get secrets in namespace "shop"',
  );
  expect(missingRight("no")).toBeNull();
});

test("of another resource and group", () => {
  const command = grantCommand(refusal({ verb: "patch", resource: "deployments", group: "apps", user: "jane" }));
  expect(command).toBe(
    "kubectl -n shop create role itsy-reconciler-deployments --verb=get,patch --resource=deployments.apps --dry-run=client -o yaml | kubectl auth reconcile -f - && " +
      "kubectl -n shop create rolebinding itsy-reconciler-deployments --role=itsy-reconciler-deployments --user=jane --dry-run=client -o yaml | kubectl auth reconcile -f -",
  );
});

test.each([
  ["a policy's refusal", "secrets is forbidden: ValidatingAdmissionPolicy 'x' denied request: no"],
  ["a user whose name is more than a name", refusal({ user: "jane; rm -rf ~" })],
])("none for %s", (_what, message) => expect(grantCommand(message)).toBeNull());
