import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { ApiKeys } from "../src/api-key.ts";
import { startReconciler } from "../src/reconciler.ts";
import { verify } from "../src/verify.ts";
import { createTenant } from "./world/tenant.ts";
import { startWorld } from "./world/world.ts";

test("what a manifest allows its key, and from where, is what the service allows it, with the same value", async () => {
  await using world = await startWorld();
  const { service, cluster, admin } = world;
  await using _reconciler = await startReconciler({ service, kubeconfigPath: cluster.reconciler.kubeconfigPath });
  const tenant = await createTenant(world);
  const access = { permissions: ["files:*"], ipRules: ["2001:db8::/32", "10.0.0.0/8"] };
  const name = await tenant.applyReady(access);
  const value = await tenant.value(name);
  const ask = async (ip: string, permission: string) => {
    const answer = await verify(service, value, { ip, permissions: [permission] });
    return answer.valid ? "VALID" : answer.code;
  };
  expect(await ask("10.1.2.3", "files:read")).toBe("VALID");
  expect(await ask("2001:db8::1", "billing")).toBe("INSUFFICIENT_PERMISSIONS");
  expect(await ask("192.0.2.1", "files:read")).toBe("FORBIDDEN");

  const keyId = (await tenant.get(name))?.status?.keyId ?? "";
  const byHand = admin.keys.update({ keyId, permissions: ["*"] });
  await expect(byHand).rejects.toMatchObject({ code: "MANAGED_BY_CLUSTER" });

  const narrower = { permissions: ["billing"], ipRules: ["192.0.2.0/24"] };
  await cluster.client.mergePatch(ApiKeys, name, { spec: narrower });
  await waitUntil(async () => (await ask("192.0.2.1", "billing")) === "VALID", { what: "the manifest's change holds" });
  expect(await ask("192.0.2.1", "files:read")).toBe("INSUFFICIENT_PERMISSIONS");
  expect(await ask("10.1.2.3", "billing")).toBe("FORBIDDEN");
  expect(await admin.keys.get({ keyId })).toMatchObject({ ...narrower, revision: 1 });
  expect(await tenant.value(name)).toBe(value);
});
