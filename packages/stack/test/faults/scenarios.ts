import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { expect } from "vitest";

import { ApiKeys, conditionOf, waitUntilReady } from "../../src/api-key.ts";
import { verify } from "../../src/verify.ts";
import { storedKeys } from "../world/stored-versions.ts";
import type { Place, Scenario } from "./scenario.ts";
import { secretScenarios } from "./secret-scenarios.ts";
import { versionScenarios } from "./version-scenarios.ts";

/** Much is verified all the time. */
const spec = { rotation: { overlap: "0s" }, rateLimit: { requestsPerMinute: 1_000_000 } };

const secretNames = async ({ world, tenant }: Place) => {
  const { items } = await world.cluster.client.listPage(Secrets, { namespace: tenant.namespace });
  return items.map((it) => it.metadata.name);
};

/** One key, one working version, its value in the Secret, and nothing else of ours in the namespace. */
const expectWhole = async (place: Place, displayName = place.name.name): Promise<void> => {
  const { world, tenant, name } = place;
  await waitUntil(async () => (await secretNames(place)).join() === name.name, {
    what: "only the target Secret is left",
    timeoutMs: 30_000,
  });
  const stored = storedKeys(world, displayName);
  expect(stored).toEqual([{ id: expect.any(String), revokedAt: null, validVersions: 1 }]);
  expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: stored[0]?.id });
};

const create: Scenario = {
  name: "creating",
  given: "nothing",
  spec,
  ask: ({ tenant, name }) => tenant.apply(spec, name.name),
  expectDone: async (place) => {
    const { world, tenant, name } = place;
    await waitUntilReady(world.cluster.client, name);
    await expectWhole(place);
    expect((await tenant.get(name))?.status?.revision).toBe(1);
  },
};

const rotate: Scenario = {
  name: "rotating",
  given: "a Ready ApiKey",
  spec,
  ask: ({ tenant, name }) => tenant.requestRotation(name, "now"),
  expectDone: async (place) => {
    const { world, tenant, name, before } = place;
    const { status } = await tenant.until(name, "has handled the request", (apiKey) => {
      return apiKey.status?.lastHandledRotateRequest === "now" && conditionOf(apiKey, "Ready")?.status === "True";
    });
    await expectWhole(place);
    expect(status).toMatchObject({ revision: 2, keyId: before.keyId });
    expect(await verify(world.service, before.value ?? "")).toEqual({ valid: false, code: "REVOKED" });
  },
};

const replace: Scenario = {
  name: "replacing a key that was revoked",
  given: "a Ready ApiKey",
  spec,
  // Noticed first: a request from before does not undo it.
  prepare: async ({ world, tenant, name, before: { keyId } }) => {
    await world.admin.keys.revoke({ keyId });
    await tenant.until(name, "tells that its key was revoked", ({ status }) => status?.revocation?.keyId === keyId);
  },
  ask: ({ tenant, name }) => tenant.requestRotation(name, "please"),
  endsValue: true,
  expectDone: async ({ world, tenant, name, before: { keyId } }) => {
    const { status } = await tenant.until(name, "is Ready with another key", (apiKey) => {
      return apiKey.status?.keyId !== keyId && conditionOf(apiKey, "Ready")?.status === "True";
    });
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: status?.keyId });
    const stored = storedKeys(world, name.name);
    expect(stored).toHaveLength(2);
    expect(stored).toContainEqual({ id: keyId, revokedAt: expect.any(Number), validVersions: 0 });
    expect(stored).toContainEqual({ id: status?.keyId, revokedAt: null, validVersions: 1 });
  },
};

const configure: Scenario = {
  name: "applying a changed manifest",
  given: "a Ready ApiKey",
  spec,
  ask: ({ tenant, name }) => tenant.apply({ ...spec, displayName: `${name.name} renamed` }, name.name),
  expectDone: async (place) => {
    const { world, tenant, name, before } = place;
    await waitUntilReady(world.cluster.client, name);
    await expectWhole(place, `${name.name} renamed`);
    expect(await tenant.value(name)).toBe(before.value);
  },
};

const remove: Scenario = {
  name: "deleting",
  given: "a Ready ApiKey",
  spec,
  ask: ({ world, name }) => world.cluster.client.delete(ApiKeys, name),
  expectDone: async (place) => {
    const { world, tenant, name, before } = place;
    await waitUntil(async () => (await tenant.get(name)) === null, { what: "the ApiKey is gone", timeoutMs: 30_000 });
    expect(await secretNames(place)).toEqual([]);
    const ended = { id: expect.any(String), revokedAt: expect.any(Number), validVersions: 0 };
    expect(storedKeys(world, name.name)).toEqual([ended]);
    expect(await verify(world.service, before.value ?? "")).toEqual({ valid: false, code: "REVOKED" });
  },
};

export const scenarios: readonly Scenario[] = [
  create,
  rotate,
  replace,
  configure,
  remove,
  ...secretScenarios,
  ...versionScenarios,
];
