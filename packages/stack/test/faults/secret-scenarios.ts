import { Deployments, defineResource, type KubeObject, type ObjectName, Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { expect } from "vitest";

import { waitUntilReady } from "../../src/api-key.ts";
import { applyManifests } from "../../src/manifests.ts";
import { storedKeys } from "../world/stored-versions.ts";
import type { Place, Scenario } from "./scenario.ts";

const spec = { rotation: { overlap: "0s" }, rateLimit: { requestsPerMinute: 1_000_000 } };
const template = { "config.json": '{"key": "{{ .secret }}"}' };

const read = async ({ world }: Place, name: ObjectName, key: string): Promise<string | null> => {
  const data = (await world.cluster.client.get(Secrets, name))?.data?.[key];
  return data === undefined ? null : Buffer.from(data, "base64").toString("utf8");
};

/** The same key, the same value, in one Secret of this name. */
const expectSameValue = async (place: Place, name: ObjectName): Promise<void> => {
  const { world, tenant, before } = place;
  await waitUntil(
    async () => {
      const { items } = await world.cluster.client.listPage(Secrets, { namespace: tenant.namespace });
      return items.map((it) => it.metadata.name).join() === name.name;
    },
    { what: `only the Secret ${name.name} is left`, timeoutMs: 30_000 },
  );
  expect(await read(place, name, "apiKey")).toBe(before.value);
  expect(await tenant.verify(before.value ?? "")).toMatchObject({ valid: true, keyId: before.keyId });
  expect(storedKeys(world, place.name.name)).toEqual([{ id: before.keyId, revokedAt: null, validVersions: 1 }]);
};

const fill: Scenario = {
  name: "filling in a template",
  given: "a Ready ApiKey",
  spec,
  ask: ({ tenant, name }) => tenant.apply({ ...spec, secret: { template } }, name.name),
  expectDone: async (place) => {
    const wanted = JSON.stringify({ key: place.before.value });
    await waitUntil(async () => (await read(place, place.name, "config.json"))?.replaceAll(" ", "") === wanted, {
      what: "the file is there",
      timeoutMs: 60_000,
    });
    await expectSameValue(place, place.name);
  },
};

const rename: Scenario = {
  name: "renaming the Secret",
  given: "a Ready ApiKey",
  spec,
  ask: ({ tenant, name }) => tenant.apply({ ...spec, secret: { name: `${name.name}-renamed` } }, name.name),
  expectDone: async (place) => {
    const { world, name } = place;
    await waitUntilReady(world.cluster.client, name);
    await expectSameValue(place, { ...name, name: `${name.name}-renamed` });
  },
};

const Pods = defineResource<KubeObject>({ apiVersion: "v1", kind: "Pod", plural: "pods", namespaced: true });

/** What `reconciler rbac --restart-targets --propagate` adds, and a workload that mounts the Secret. */
const workload = (namespace: string, name: string) => {
  const metadata = { name, namespace };
  const rules = [
    { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "patch"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list", "patch"] },
  ];
  const labels = { app: name };
  const containers = [{ name: "main", image: "example.com/none" }];
  const volumes = [{ name: "key", secret: { secretName: name } }];
  const pod = { automountServiceAccountToken: false, containers, volumes };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
  const subjects = [{ kind: "ServiceAccount", namespace: "itsy-system", name: "itsy-reconciler" }];
  return [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata, roleRef, subjects },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { ...metadata, name: "default" } },
    { apiVersion: "v1", kind: "Pod", metadata, spec: pod },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      // No pods of its own: their number would differ from run to run.
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    },
  ];
};

const follow: Scenario = {
  name: "rotating under a workload that follows",
  given: "a Ready ApiKey",
  spec,
  ask: async ({ world, tenant, name }) => {
    await applyManifests(world.cluster.client, workload(tenant.namespace, name.name));
    const restartTargets = [{ kind: "Deployment", name: name.name }];
    await tenant.apply({ ...spec, propagate: "Prompt", restartTargets }, name.name);
    await tenant.requestRotation(name, "now");
  },
  expectDone: async ({ world, tenant, name, before }) => {
    await tenant.until(name, "has told its workloads", ({ status }) => {
      return status?.restartedRevision === 2 && status.propagatedRevision === 2;
    });
    const mark = `${before.keyId}/2`;
    const deployment = await world.cluster.client.get(Deployments, name);
    expect(deployment?.spec?.template?.metadata?.annotations).toEqual({ [`restart.keys.itsy.dev/${name.name}`]: mark });
    // Rolled out once.
    expect(deployment?.metadata.generation).toBe(2);
    const pod = await world.cluster.client.get(Pods, name);
    expect(pod?.metadata.annotations?.[`propagate.keys.itsy.dev/${name.name}`]).toBe(mark);
    expect(storedKeys(world, name.name)).toEqual([{ id: before.keyId, revokedAt: null, validVersions: 1 }]);
  },
};

export const secretScenarios: readonly Scenario[] = [fill, rename, follow];
