import { Secrets, systemTimers } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiKeys } from "../src/api-key/resource.ts";

import { expectSettled } from "./settled.ts";
import { conditionOf, createPlace, revisionIs, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("an ApiKey becomes a key whose secret lies in the Secret, once, with few writes and then none", async () => {
  const place = await createPlace(world);
  await using reconciler = place.start();
  const { metadata } = await place.apply({ secret: { labels: { app: "web" }, annotations: { note: "x" } } });
  const apiKey = await place.untilReady();

  const secret = await place.secret();
  const value = valueOf(secret);
  expect(value).toMatch(/^itsy_production_sk_/);
  expect(place.delivery.verify(value as string)).toBe(true);
  expect(secret?.metadata.labels).toEqual({ app: "web", "app.kubernetes.io/managed-by": "itsy-keys" });
  expect(secret?.metadata.annotations).toEqual({
    note: "x",
    "keys.itsy.dev/revision": "1",
    "keys.itsy.dev/key-id": apiKey.status?.keyId,
    "keys.itsy.dev/display-prefix": value?.slice(0, 23),
    "keys.itsy.dev/data-key": "apiKey",
  });
  expect(secret?.metadata.ownerReferences).toMatchObject([{ kind: "ApiKey", uid: metadata.uid, controller: true }]);
  expect(apiKey.status).toMatchObject({
    observedGeneration: 1,
    keyId: place.delivery.keys[0]?.keyId,
    displayPrefix: value?.slice(0, 23),
    revision: 1,
    binding: { name: "website" },
  });
  expect(conditionOf(apiKey, "Stalled")?.status).toBe("False");
  expect(conditionOf(apiKey, "Reconciling")?.status).toBe("False");
  expect(await place.secrets()).toHaveLength(1);
  await waitUntil(async () => (await place.events()).some(({ reason }) => reason === "Created"), {
    what: "the event is there",
  });

  const path = `/apis/keys.itsy.dev/v1/namespaces/${place.namespace}/apikeys/website`;
  const secrets = `/api/v1/namespaces/${place.namespace}/secrets`;
  expect(reconciler.writes.filter((write) => !write.includes("/events"))).toEqual([
    `PATCH ${path}`,
    `POST ${secrets}`,
    `POST ${secrets}`,
    expect.stringContaining(`DELETE ${secrets}/website-staged-`),
    `PATCH ${path}/status`,
  ]);
  const calls = place.delivery.calls.length;
  const writes = reconciler.writes.length;
  expect(writes).toBe(6);
  // Several looks later nothing more was written.
  await waitUntil(() => place.delivery.calls.length >= calls + 3, { what: "it looked again" });
  expect(reconciler.writes).toHaveLength(writes);
  expect(place.delivery.calls.slice(calls).every((call) => call === "observe")).toBe(true);
});

test("a spec.secret.name and key of one's own are used", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  await place.apply({ secret: { name: "website-api-key", key: "API_KEY" } });
  const apiKey = await place.untilReady();
  expect(apiKey.status?.binding).toEqual({ name: "website-api-key" });
  expect(place.delivery.verify(valueOf(await place.secret("website-api-key"), "API_KEY") ?? "")).toBe(true);
});

test("the longest name works", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  const name = `${"a".repeat(200)}.${"b".repeat(52)}`;
  await place.apply({}, name);
  await place.untilReady(name);
  expect(await place.secrets()).toHaveLength(1);
});

test("without a grant nothing is minted; the grant is enough", async () => {
  const place = await createPlace(world, { granted: false });
  await using _ = place.start();
  await place.apply();
  const apiKey = await place.untilReason("NotGranted");
  expect(conditionOf(apiKey, "Stalled")).toMatchObject({
    status: "True",
    message: expect.stringContaining('"acme"'),
  });
  expect(apiKey.metadata.finalizers).toBeUndefined();
  expect(await place.secrets()).toEqual([]);
  expect(place.delivery.keys).toEqual([]);
  await place.grant({ namespaces: ["other"], namespaceSelector: { matchLabels: { team: place.namespace } } });
  await place.untilReady();
});

test("a grant bounds the rate limit", async () => {
  const place = await createPlace(world, { granted: false });
  await place.grant({ maxRequestsPerMinute: 100 });
  await using _ = place.start();
  await place.apply({ rateLimit: { requestsPerMinute: 101 } });
  const apiKey = await place.untilReason("NotGranted");
  expect(conditionOf(apiKey, "Ready")?.message).toMatch(/101 requests per minute.*at most 100/);
});

test("a Secret that is somebody else's is left alone, and nothing is minted", async () => {
  const place = await createPlace(world);
  const foreign = { metadata: { name: "website", namespace: place.namespace }, data: { apiKey: "eA==" } };
  await world.kube.create(Secrets, foreign);
  await using _ = place.start();
  await place.apply();
  await place.untilReason("SecretConflict");
  expect((await place.secret())?.data).toEqual(foreign.data);
  expect(place.delivery.keys).toEqual([]);
  expect(await place.secrets()).toHaveLength(1);
  await world.kube.delete(Secrets, { name: "website", namespace: place.namespace });
  await place.untilReady();
});

test("a key that would be born expired is not minted", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  await place.apply({ expiresAt: "2020-01-01T00:00:00Z" });
  await place.untilReason("Expired");
  expect(place.delivery.keys).toEqual([]);
  await world.kube.mergePatch(
    ApiKeys,
    { namespace: place.namespace, name: "website" },
    {
      spec: { expiresAt: "2099-01-01T00:00:00Z" },
    },
  );
  await place.untilReady();
  expect(place.delivery.keys[0]?.settings.expiresAt).toBe("2099-01-01T00:00:00.000Z");
});

test("too long between register and publish: the value is registered again first", async () => {
  const place = await createPlace(world);
  let aheadMs = 0;
  let registrations = 0;
  await using _ = place.start({
    timers: { ...systemTimers, monotonicMs: () => systemTimers.monotonicMs() + aheadMs },
    onEffect: (name, phase) => {
      if (name === "register" && phase === "before") registrations += 1;
      if (name === "publish" && phase === "before" && registrations === 1) aheadMs = 1_201_000;
    },
  });
  await place.apply();
  // Giving up counts as looking again; nothing was written late.
  await revisionIs(place, 1);
  expect(registrations).toBeGreaterThanOrEqual(2);
  await expectSettled(place);
});

test.each([
  ["register", 2],
  ["publish", 2],
] as const)("down past the deadline after %s: a new revision", async (effect, revision) => {
  const place = await createPlace(world);
  const dying = place.start({ crashAt: { effect, phase: "after" } });
  await place.apply();
  await dying.died;
  await dying[Symbol.asyncDispose]();
  place.delivery.advance(2 * 3_600_000);
  await using _ = place.start();
  await revisionIs(place, revision);
  await expectSettled(place);
});
