import { Secrets } from "@itsy/controller-runtime";
import { expect } from "vitest";

import { waitUntilReady } from "../../src/api-key.ts";
import { verify } from "../../src/verify.ts";
import { restore } from "../world/restore.ts";
import { ageVersions, storedKeys } from "../world/stored-versions.ts";
import type { Scenario } from "./scenario.ts";

const rateLimit = { requestsPerMinute: 1_000_000 };
const restored = { rotation: { overlap: "0s" }, rateLimit };

/** Its effects are adopt and takeOver. */
const adopt: Scenario = {
  name: "adopting a key after a restore from a backup",
  given: "a Ready ApiKey",
  spec: restored,
  ask: ({ world, tenant, name }) => restore(world, { tenant, name }, restored),
  expectDone: async ({ world, tenant, name, before }) => {
    const { metadata, status } = await waitUntilReady(world.cluster.client, name);
    expect(status).toMatchObject({ keyId: before.keyId, revision: 1 });
    const secret = await world.cluster.client.get(Secrets, name);
    expect(secret?.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }]);
    expect(await tenant.value(name)).toBe(before.value);
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: before.keyId });
    expect(storedKeys(world, name.name)).toEqual([{ id: before.keyId, revokedAt: null, validVersions: 1 }]);
  },
};

const IDLE_MS = 60_000;
const unused = { rotation: { overlap: "0s", retireWhenUnused: { idleFor: "1m", atMost: "24h" } }, rateLimit };

/** Its effect is retire. The minute in which nobody uses the version before has passed in the database. */
const retire: Scenario = {
  name: "ending a version that nobody uses",
  given: "a Ready ApiKey",
  spec: unused,
  prepare: async ({ tenant, name }) => {
    await tenant.requestRotation(name, "before");
    await tenant.until(name, "has a version on its way out", ({ status }) => status?.retiringUntil !== undefined);
  },
  ask: async ({ world, name }) => ageVersions(world, name.name, IDLE_MS + 1_000),
  expectDone: async ({ world, tenant, name, before }) => {
    const { status } = await tenant.until(name, "has nothing on its way out", (apiKey) => {
      return apiKey.status?.retiringUntil === undefined;
    });
    expect(status).toMatchObject({ keyId: before.keyId, revision: 2 });
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: before.keyId });
    expect(await verify(world.service, before.value ?? "")).toEqual({ valid: false, code: "REVOKED" });
    expect(storedKeys(world, name.name)).toEqual([{ id: before.keyId, revokedAt: null, validVersions: 1 }]);
  },
};

export const versionScenarios: readonly Scenario[] = [adopt, retire];
