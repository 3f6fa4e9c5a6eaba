import { Events, Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiKeys, conditionOf } from "../src/api-key.ts";
import type { Program } from "../src/program.ts";
import { startReconciler } from "../src/reconciler.ts";
import { startService } from "../src/service.ts";
import { verify } from "../src/verify.ts";
import { createTenant, type Tenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

let world: World;
let reconciler: Program;
let tenant: Tenant;
beforeAll(async () => {
  world = await startWorld();
  const kubeconfigPath = world.cluster.reconciler.kubeconfigPath;
  reconciler = await startReconciler({ service: world.service, kubeconfigPath, env: { RETRY_MAX: "1s" } });
  tenant = await createTenant(world);
});
afterAll(async () => {
  await reconciler[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const gone = (name: Parameters<Tenant["get"]>[0]) =>
  waitUntil(async () => (await tenant.get(name)) === null, {
    what: `the ApiKey ${name.name} is gone`,
    timeoutMs: 60_000,
  });

describe.each([
  ["Revoke", { valid: false, code: "REVOKED" }],
  ["Retain", { valid: true }],
] as const)("kubectl delete with the policy %s", (deletionPolicy, expected) => {
  test("first the key is released, then the Secret goes, and the finalizer last", async () => {
    const name = await tenant.applyReady({ deletionPolicy });
    const keyId = (await tenant.get(name))?.status?.keyId ?? "";
    const value = await tenant.value(name);
    await world.cluster.client.delete(ApiKeys, name);
    await gone(name);
    // The finalizer was the last: once the object is gone, so is everything else.
    expect(await world.cluster.client.get(Secrets, name)).toBeNull();
    expect(await verify(world.service, value)).toMatchObject(expected);
    expect(await world.admin.keys.get({ keyId })).toMatchObject({
      status: deletionPolicy === "Revoke" ? "revoked" : "active",
      managedBy: null,
    });
  });
});

test("while the service is down a deletion waits, says why, and ends when the service is back", async () => {
  const name = await tenant.applyReady();
  const value = await tenant.value(name);
  const port = Number(new URL(world.service.url).port);
  await world.service.program.kill("SIGKILL");

  await world.cluster.client.delete(ApiKeys, name);
  const waiting = await tenant.until(name, "says that it waits", (apiKey) => {
    return conditionOf(apiKey, "Ready")?.reason === "ServiceUnreachable";
  });
  expect(waiting.metadata.finalizers).not.toEqual([]);
  await waitUntil(
    async () => {
      const { items } = await world.cluster.client.listPage(Events, { namespace: tenant.namespace });
      return items.some((event) => event.regarding?.name === name.name && event.reason === "ServiceUnreachable");
    },
    { what: "an event says that the service is unreachable" },
  );

  await using service = await startService({ dataDir: world.dataDir, databaseUrl: world.databaseUrl, port });
  await gone(name);
  expect(await verify(service, value)).toEqual({ valid: false, code: "REVOKED" });
});
