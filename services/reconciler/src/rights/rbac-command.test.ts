import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

import { rbacCommand } from "./rbac-command.ts";

const manifestsOf = (...args: string[]) => {
  const { code, text } = rbacCommand(args);
  expect(code).toBe(0);
  return parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
};

test("a Role and a RoleBinding for each namespace, and no list or watch of Secrets", () => {
  const manifests = manifestsOf("--namespace", "shop", "--namespace", "blog");
  expect(manifests.map(({ kind, metadata }) => [kind, (metadata as { namespace: string }).namespace])).toEqual([
    ["Role", "shop"],
    ["RoleBinding", "shop"],
    ["Role", "blog"],
    ["RoleBinding", "blog"],
  ]);
  expect(manifests[0]?.["rules"]).toEqual([
    { apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "patch", "delete"] },
  ]);
  expect(manifests[1]?.["subjects"]).toEqual([
    { kind: "ServiceAccount", namespace: "itsy-system", name: "itsy-reconciler" },
  ]);
});

test("list and watch only when asked for", () => {
  const [role] = manifestsOf("--namespace", "shop", "--watch-secrets");
  expect(role?.["rules"]).toContainEqual({ apiGroups: [""], resources: ["secrets"], verbs: ["list", "watch"] });
});

test("workloads and pods only when asked for", () => {
  const [role] = manifestsOf("--namespace", "shop", "--restart-targets", "--propagate");
  expect(role?.["rules"]).toEqual([
    { apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "patch", "delete"] },
    { apiGroups: ["apps"], resources: ["deployments", "statefulsets", "daemonsets"], verbs: ["get", "patch"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list", "patch"] },
  ]);
});

test("everywhere only by its switch", () => {
  const manifests = manifestsOf("--all-namespaces", "--service-account", "keys/robot");
  expect(manifests.map(({ kind }) => kind)).toEqual(["ClusterRole", "ClusterRoleBinding"]);
  expect(manifests[1]?.["subjects"]).toEqual([{ kind: "ServiceAccount", namespace: "keys", name: "robot" }]);
});

test.each([
  ["nothing", []],
  ["both", ["--namespace", "shop", "--all-namespaces"]],
  ["an unknown option", ["--everywhere"]],
  ["no name of a namespace", ["--namespace", "Shop\nkind: Evil"]],
  ["no name of a service account", ["--namespace", "shop", "--service-account", "x"]],
])("with %s: code 2 and how to use it", (_what, args) => {
  expect(rbacCommand(args)).toEqual({ code: 2, text: expect.stringContaining("usage: reconciler rbac") });
});

test("the sample is what the command prints", async () => {
  const sample = await readFile(new URL("../../../../deploy/samples/reconciler-rights.yaml", import.meta.url), "utf8");
  expect(sample.replace(/^(#.*\n)*/, "")).toBe(rbacCommand(["--namespace", "shop"]).text);
});
