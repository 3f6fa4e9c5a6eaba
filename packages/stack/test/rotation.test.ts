import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Program } from "../src/program.ts";
import { startReconciler } from "../src/reconciler.ts";
import { verify } from "../src/verify.ts";
import { startProbe } from "./world/probe.ts";
import { createTenant, type Tenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

let world: World;
let reconciler: Program;
let tenant: Tenant;
beforeAll(async () => {
  world = await startWorld();
  reconciler = await startReconciler({
    service: world.service,
    kubeconfigPath: world.cluster.reconciler.kubeconfigPath,
  });
  tenant = await createTenant(world);
});
afterAll(async () => {
  await reconciler[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const PROBED = { rateLimit: { requestsPerMinute: 1_000_000 } };

describe.each(["0s", "4s"])("a rotation with an overlap of %s", (overlap) => {
  test("at every moment the value in the Secret verifies; key and configuration stay, the revision grows by one", async () => {
    const name = await tenant.applyReady({ ...PROBED, rotation: { overlap } });
    const before = await tenant.get(name);
    const oldValue = await tenant.value(name);
    const oldView = await world.admin.keys.get({ keyId: before?.status?.keyId ?? "" });

    await using probe = startProbe(tenant, name);
    await tenant.requestRotation(name, "once");
    const after = await tenant.until(name, "has revision 2", (apiKey) => apiKey.status?.revision === 2);
    const rounds = probe.rounds;
    await waitUntil(() => probe.values.size === 2 && probe.rounds > rounds + 5, {
      what: "the probe went on with the new value",
    });
    expect(probe.broken).toEqual([]);
    expect(probe.absent).toBe(0);
    if (overlap !== "0s") expect(probe.late).toEqual([]);

    const newValue = await tenant.value(name);
    expect(newValue).not.toBe(oldValue);
    expect(after.status).toMatchObject({ keyId: before?.status?.keyId, lastHandledRotateRequest: "once" });
    const { updatedAt, ...view } = await world.admin.keys.get({ keyId: oldView.id });
    expect(updatedAt >= oldView.updatedAt).toBe(true);
    expect(view).toEqual({
      ...view,
      name: oldView.name,
      environment: oldView.environment,
      requestsPerMinute: oldView.requestsPerMinute,
      expiresAt: oldView.expiresAt,
      status: "active",
      revision: 2,
    });
    await waitUntil(async () => !(await verify(world.service, oldValue)).valid, {
      what: "the old value is refused",
    });
    expect(await verify(world.service, oldValue)).toEqual({ valid: false, code: "REVOKED" });
    expect(await verify(world.service, newValue)).toMatchObject({ valid: true });
  });
});

test("during the overlap the old value works too, until the instant that the status tells", async () => {
  const name = await tenant.applyReady({ ...PROBED, rotation: { overlap: "1h" } });
  const oldValue = await tenant.value(name);
  await tenant.requestRotation(name, "once");
  const { status } = await tenant.until(name, "has revision 2", (apiKey) => apiKey.status?.revision === 2);
  expect(await verify(world.service, oldValue)).toMatchObject({ valid: true });
  const until = new Date(status?.retiringUntil ?? 0).getTime() - Date.now();
  expect(until).toBeGreaterThan(55 * 60_000);
  expect(until).toBeLessThanOrEqual(60 * 60_000);
});

test("one request is one rotation, also when the manifest is applied again", async () => {
  const name = await tenant.applyReady();
  await tenant.requestRotation(name, "once");
  await tenant.until(name, "has revision 2", (apiKey) => apiKey.status?.revision === 2);
  const value = await tenant.value(name);
  await tenant.requestRotation(name, "once");
  await tenant.apply({ displayName: "Renamed" }, name.name);
  await waitUntil(
    async () => {
      const { keys } = await world.admin.keys.list({});
      return keys.some((key) => key.name === "Renamed");
    },
    { what: "the new name arrived" },
  );
  expect(await tenant.value(name)).toBe(value);
});

test("a key that an ApiKey owns is not rotated past its Secret", async () => {
  const name = await tenant.applyReady();
  const keyId = (await tenant.get(name))?.status?.keyId ?? "";
  await expect(world.admin.keys.rotate({ keyId })).rejects.toMatchObject({ code: "MANAGED_BY_CLUSTER" });
  expect(await tenant.verifyValue(name)).toMatchObject({ valid: true });
});
