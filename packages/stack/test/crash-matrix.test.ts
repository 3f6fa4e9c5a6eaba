import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiKeys, conditionOf, waitUntilReady } from "../src/api-key.ts";
import { startReconciler } from "../src/reconciler.ts";
import { verify } from "../src/verify.ts";
import { storedKeys } from "./world/stored-versions.ts";
import { createTenant, type Tenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

// Every side effect on each path; the process is killed with SIGKILL right before and right after it.
const CREATING = [
  "addFinalizer",
  "stage",
  "register",
  "publish",
  "confirm",
  "dropStaging",
  "reportStatus",
  "create events",
];
const ROTATING = CREATING.slice(1);
const REPLACING = ["stage", "register", "publish", "confirm"];
const CONFIGURING = ["configure", "reportStatus"];
const DELETING = ["dropTarget", "release", "removeFinalizer"];

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

// Without election they all act at once; with it, only the first would.
const AT_ONCE = { LEADER_ELECTION: "false", RETRY_MAX: "500ms", RESYNC: "2s" };

const reconcile = (tenant: Tenant, name: string, env: Readonly<Record<string, string>> = {}) =>
  startReconciler({
    service: world.service,
    kubeconfigPath: world.cluster.reconciler.kubeconfigPath,
    name,
    env: { ...AT_ONCE, WATCH_NAMESPACE: tenant.namespace, ...env },
  });

/** Runs a reconciler until it kills itself at the point. */
const crash = async (tenant: Tenant, point: string): Promise<void> => {
  await using crasher = await reconcile(tenant, "crasher", { ITSY_FAULT_AT: point });
  await waitUntil(() => crasher.exit?.signal === "SIGKILL", {
    what: `the reconciler died at ${point}; its output:\n${crasher.lines.join("\n")}`,
    timeoutMs: 30_000,
  });
};

/** One key, one working version, its value in the Secret, and nothing else of ours in the namespace. */
const expectWhole = async (tenant: Tenant, name: { name: string }, displayName: string) => {
  const { client } = world.cluster;
  const secrets = async () =>
    (await client.listPage(Secrets, { namespace: tenant.namespace })).items.map((it) => it.metadata.name);
  await waitUntil(async () => (await secrets()).join() === name.name, { what: "only the target Secret is left" });
  const stored = storedKeys(world, displayName);
  expect(stored).toEqual([{ id: expect.any(String), revokedAt: null, validVersions: 1 }]);
  expect(await tenant.verifyValue({ namespace: tenant.namespace, ...name })).toMatchObject({
    valid: true,
    keyId: stored[0]?.id,
  });
};

const points = (effects: readonly string[]) => effects.flatMap((effect) => [`before:${effect}`, `after:${effect}`]);
const SPEC = { rotation: { overlap: "0s" } };

describe.concurrent("killed while creating", () => {
  test.each(points(CREATING))("%s", async (point) => {
    const tenant = await createTenant(world);
    const name = await tenant.apply(SPEC);
    await crash(tenant, point);
    await using _one = await reconcile(tenant, "one");
    await using _two = await reconcile(tenant, "two");
    await waitUntilReady(world.cluster.client, name);
    await expectWhole(tenant, name, name.name);
    expect((await tenant.get(name))?.status?.revision).toBe(1);
  });
});

describe.concurrent("killed while rotating", () => {
  test.each(points(ROTATING))("%s", async (point) => {
    const tenant = await createTenant(world);
    const name = await tenant.apply(SPEC);
    {
      await using _first = await reconcile(tenant, "first");
      await waitUntilReady(world.cluster.client, name);
    }
    const oldValue = await tenant.value(name);
    await tenant.requestRotation(name, "now");
    await crash(tenant, point);
    // What can be read works at every moment: also while nobody is there to go on.
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true });
    await using _one = await reconcile(tenant, "one");
    await using _two = await reconcile(tenant, "two");
    await tenant.until(name, "has handled the request", (apiKey) => {
      return apiKey.status?.lastHandledRotateRequest === "now" && conditionOf(apiKey, "Ready")?.status === "True";
    });
    await expectWhole(tenant, name, name.name);
    expect((await tenant.get(name))?.status?.revision).toBe(2);
    expect(await verify(world.service, oldValue)).toEqual({ valid: false, code: "REVOKED" });
  });
});

describe.concurrent("killed while replacing a key that was revoked", () => {
  test.each(points(REPLACING))("%s", async (point) => {
    const tenant = await createTenant(world);
    const name = await tenant.apply(SPEC);
    {
      await using _first = await reconcile(tenant, "first");
      await waitUntilReady(world.cluster.client, name);
    }
    const keyId = (await tenant.get(name))?.status?.keyId ?? "";
    await world.admin.keys.revoke({ keyId });
    await tenant.requestRotation(name, "please");
    await crash(tenant, point);
    await using _one = await reconcile(tenant, "one");
    await using _two = await reconcile(tenant, "two");
    const after = await tenant.until(name, "is Ready with another key", (apiKey) => {
      return apiKey.status?.keyId !== keyId && conditionOf(apiKey, "Ready")?.status === "True";
    });
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: after.status?.keyId });
    const stored = storedKeys(world, name.name);
    expect(stored).toHaveLength(2);
    expect(stored).toContainEqual({ id: keyId, revokedAt: expect.any(Number), validVersions: 0 });
    expect(stored).toContainEqual({ id: after.status?.keyId, revokedAt: null, validVersions: 1 });
  });
});

describe.concurrent("killed while applying a changed manifest", () => {
  test.each(points(CONFIGURING))("%s", async (point) => {
    const tenant = await createTenant(world);
    const name = await tenant.apply(SPEC);
    {
      await using _first = await reconcile(tenant, "first");
      await waitUntilReady(world.cluster.client, name);
    }
    const value = await tenant.value(name);
    const displayName = `${name.name} renamed`;
    await tenant.apply({ ...SPEC, displayName }, name.name);
    await crash(tenant, point);
    await using _one = await reconcile(tenant, "one");
    await using _two = await reconcile(tenant, "two");
    await waitUntilReady(world.cluster.client, name);
    await expectWhole(tenant, name, displayName);
    expect(await tenant.value(name)).toBe(value);
  });
});

describe.concurrent("killed while deleting", () => {
  test.each(points(DELETING))("%s", async (point) => {
    const tenant = await createTenant(world);
    const name = await tenant.apply(SPEC);
    {
      await using _first = await reconcile(tenant, "first");
      await waitUntilReady(world.cluster.client, name);
    }
    const value = await tenant.value(name);
    await world.cluster.client.delete(ApiKeys, name);
    await crash(tenant, point);
    await using _one = await reconcile(tenant, "one");
    await using _two = await reconcile(tenant, "two");
    await waitUntil(async () => (await tenant.get(name)) === null, { what: "the ApiKey is gone", timeoutMs: 30_000 });
    const { items } = await world.cluster.client.listPage(Secrets, { namespace: tenant.namespace });
    expect(items).toEqual([]);
    expect(storedKeys(world, name.name)).toEqual([
      { id: expect.any(String), revokedAt: expect.any(Number), validVersions: 0 },
    ]);
    expect(await verify(world.service, value)).toEqual({ valid: false, code: "REVOKED" });
  });
});

describe.concurrent("two reconcilers at once, one of them killed", () => {
  test.each(points(CREATING.slice(1, 6)))("%s", async (point) => {
    const tenant = await createTenant(world);
    await using crasher = await reconcile(tenant, "crasher", { ITSY_FAULT_AT: point });
    await using one = await reconcile(tenant, "one");
    await Promise.all([crasher, one].map((program) => program.logged("serving /healthz, /readyz and /metrics")));
    const names = await Promise.all([1, 2, 3, 4].map(() => tenant.apply(SPEC)));
    for (const name of names) await waitUntilReady(world.cluster.client, name);
    await waitUntil(
      async () =>
        (await world.cluster.client.listPage(Secrets, { namespace: tenant.namespace })).items.length === names.length,
      { what: "only the target Secrets are left", timeoutMs: 30_000 },
    );
    for (const name of names) {
      const [stored, ...others] = storedKeys(world, name.name);
      expect(others).toEqual([]);
      expect(stored).toMatchObject({ revokedAt: null, validVersions: 1 });
      expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: stored?.id });
    }
  });
});
