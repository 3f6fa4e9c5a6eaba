import { expect, test } from "vitest";

import { conditionOf } from "../src/api-key.ts";
import { startReconciler } from "../src/reconciler.ts";
import { createTenant } from "./world/tenant.ts";
import { startWorld } from "./world/world.ts";

test("a key revoked through tRPC is refused at once, and nothing is minted until a rotation is asked for", async () => {
  await using world = await startWorld();
  const { service, cluster, admin } = world;
  await using _reconciler = await startReconciler({
    service,
    kubeconfigPath: cluster.reconciler.kubeconfigPath,
    env: { RESYNC: "1s" },
  });
  const tenant = await createTenant(world);
  const name = await tenant.applyReady();
  const keyId = (await tenant.get(name))?.status?.keyId ?? "";
  const value = await tenant.value(name);

  expect(await admin.keys.revoke({ keyId })).toMatchObject({ status: "revoked" });
  expect(await tenant.verifyValue(name)).toEqual({ valid: false, code: "REVOKED" });

  const isStalled = (reason: string) => (apiKey: Parameters<typeof conditionOf>[0]) =>
    conditionOf(apiKey, "Stalled")?.status === "True" && conditionOf(apiKey, "Stalled")?.reason === reason;
  await tenant.until(name, "is stalled", isStalled("RevokedOutOfBand"));

  // A new generation is looked at once more, and the answer is the same.
  await tenant.apply({ displayName: "Renamed" }, name.name);
  const { metadata } = (await tenant.get(name)) ?? {};
  await tenant.until(name, "is stalled in its new generation", (apiKey) => {
    return isStalled("RevokedOutOfBand")(apiKey) && apiKey.metadata.generation === metadata?.generation;
  });
  expect(await tenant.value(name)).toBe(value);
  expect((await admin.keys.list({})).keys).toHaveLength(1);

  await tenant.requestRotation(name, "please");
  const again = await tenant.until(name, "is Ready again", (apiKey) => conditionOf(apiKey, "Ready")?.status === "True");
  expect(again.status?.keyId).not.toBe(keyId);
  expect(again.status?.revision).toBe(2);
  expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: again.status?.keyId });
  expect(await admin.keys.get({ keyId })).toMatchObject({ status: "revoked" });
});
