import type { ObjectName } from "@itsy/controller-runtime";
import { expect, test } from "vitest";

import { waitUntilReady } from "../src/api-key.ts";
import { startReconciler } from "../src/reconciler.ts";
import { restore } from "./world/restore.ts";
import { createTenant } from "./world/tenant.ts";
import { startWorld } from "./world/world.ts";

test("restored under a new uid an ApiKey goes on with its key, and the value that workloads hold works all the time", async () => {
  await using world = await startWorld();
  const { service, cluster, admin } = world;
  const options = { service, kubeconfigPath: cluster.reconciler.kubeconfigPath, env: { RESYNC: "1s" } };
  const tenant = await createTenant(world);
  let name: ObjectName;
  {
    await using _ = await startReconciler(options);
    name = await tenant.applyReady();
  }
  const before = await tenant.get(name);
  const value = await tenant.value(name);
  await restore(world, { tenant, name }, { displayName: "Restored" });
  expect(await tenant.verify(value)).toMatchObject({ valid: true });

  await using _ = await startReconciler(options);
  await waitUntilReady(cluster.client, name);
  const after = await tenant.get(name);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  expect(after?.status?.keyId).toBe(before?.status?.keyId);
  expect(await tenant.value(name)).toBe(value);
  expect(await tenant.verify(value)).toMatchObject({ valid: true, name: "Restored" });

  await tenant.requestRotation(name, "now");
  await tenant.until(name, "has revision 2", (apiKey) => apiKey.status?.revision === 2);
  expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: before?.status?.keyId });
  expect((await admin.keys.list({})).keys).toHaveLength(1);
  expect((await admin.audit.list({ action: "delivery.adopt" })).entries).toMatchObject([
    { before: { ownerUid: before?.metadata.uid }, after: { ownerUid: after?.metadata.uid } },
  ]);
});
