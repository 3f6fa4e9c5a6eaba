import { createClient, type ItsyClient } from "@itsy/client";
import { Events, type ObjectName } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type ApiKey, ApiKeys, conditionOf, readSecretValue } from "../src/api-key.ts";
import type { Program } from "../src/program.ts";
import { startReconciler } from "../src/reconciler.ts";
import { WORKSPACE } from "../src/service.ts";
import { createTenant, type Tenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

let world: World;
let reconciler: Program;
let tenant: Tenant;
let operator: ItsyClient;
beforeAll(async () => {
  world = await startWorld();
  const { service, cluster } = world;
  const { kubeconfigPath } = cluster.reconciler;
  reconciler = await startReconciler({ service, kubeconfigPath, env: { RESYNC: "1s", RETRY_MAX: "500ms" } });
  tenant = await createTenant(world);
  operator = createClient({ url: service.url, token: service.tokens.operator });
});
afterAll(async () => {
  await reconciler?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const isReady = (apiKey: ApiKey) => conditionOf(apiKey, "Ready")?.status === "True";
const isStalled = (reason: string) => (apiKey: ApiKey) =>
  conditionOf(apiKey, "Stalled")?.status === "True" && conditionOf(apiKey, "Stalled")?.reason === reason;

const stalledMessage = async (name: ObjectName, reason: string) =>
  conditionOf(await tenant.until(name, `is stalled by ${reason}`, isStalled(reason)), "Stalled")?.message;

const untilWarned = (name: ObjectName, reason: string) =>
  waitUntil(
    async () => {
      const { items } = await world.cluster.client.listPage(Events, { namespace: tenant.namespace });
      return items.find((it) => it.type === "Warning" && it.regarding?.name === name.name && it.reason === reason)
        ?.note;
    },
    { what: `an event says ${reason}`, timeoutMs: 30_000 },
  );

const applied = async (spec?: Parameters<Tenant["apply"]>[0]) => {
  const name = await tenant.applyReady(spec);
  return { name, value: await tenant.value(name), keyId: (await tenant.get(name))?.status?.keyId ?? "" };
};

describe.concurrent("a person changes a key in the service", () => {
  test("paused: the value is refused and the ApiKey says so, until it is resumed there", async () => {
    const { name, value, keyId } = await applied();
    await world.admin.keys.pause({ keyId });
    expect(await tenant.verify(value)).toEqual({ valid: false, code: "PAUSED" });
    const message = await stalledMessage(name, "PausedOutOfBand");
    expect(message).toBe(`Key ${keyId} was paused in the service, not by this manifest. Resume it there.`);
    expect(await untilWarned(name, "PausedOutOfBand")).toBe(message);
    await world.admin.keys.resume({ keyId });
    await tenant.until(name, "is Ready again", isReady);
    expect(await tenant.value(name)).toBe(value);
    expect(await tenant.verify(value)).toMatchObject({ valid: true, keyId });
  });

  test("deleted: the ApiKey says so and mints nothing; made again it has a new key", async () => {
    const { name, value, keyId } = await applied();
    await world.admin.keys.revoke({ keyId });
    await world.admin.keys.delete({ keyId, confirmName: name.name });
    expect((await tenant.verify(value)).valid).toBe(false);
    const message = await stalledMessage(name, "DeletedOutOfBand");
    expect(message).toBe(
      `Key ${keyId} was deleted in the service. Delete this ApiKey and create it again to get a new key.`,
    );
    expect(await untilWarned(name, "DeletedOutOfBand")).toBe(message);
    await world.cluster.client.delete(ApiKeys, name);
    await waitUntil(async () => (await tenant.get(name)) === null, { what: "the ApiKey is gone", timeoutMs: 30_000 });
    await tenant.apply({}, name.name);
    const { status } = await tenant.until(name, "is Ready again", isReady);
    expect(status?.keyId).not.toBe(keyId);
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: status?.keyId });
  });
});

const findPrevious = (name: ObjectName) => readSecretValue(world.cluster.client, name, "apiKey_previous");

describe.concurrent("time passes", () => {
  test("with rotation.every a new value comes within the minute, at the instant that the status told", async () => {
    const { name, value, keyId } = await applied({ rotation: { every: "1m", overlap: "5s" } });
    const first = (await tenant.get(name)) as ApiKey & { status: { nextRotationAt: string; lastRotatedAt: string } };
    const { nextRotationAt, lastRotatedAt } = first.status;
    expect(Date.parse(nextRotationAt) - Date.parse(lastRotatedAt)).toBeLessThanOrEqual(60_000);
    const { status } = await waitUntil(
      async () => {
        const apiKey = await tenant.get(name);
        return apiKey?.status?.revision === 2 && isReady(apiKey) && apiKey;
      },
      { what: "revision 2 is ready", timeoutMs: 90_000 },
    );
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(nextRotationAt));
    expect(status?.keyId).toBe(keyId);
    expect(await tenant.value(name)).not.toBe(value);
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId });
  });

  test("with includePrevious both values can be read and work during the overlap; the one before goes before it ends", async () => {
    const { name, value, keyId } = await applied({
      rotation: { overlap: "20s" },
      secret: { includePrevious: true },
      // It is verified all the time.
      rateLimit: { requestsPerMinute: 100_000 },
    });
    await tenant.requestRotation(name, "now");
    await waitUntil(async () => (await findPrevious(name)) === value, {
      what: "the value before lies beside the new one",
    });
    expect(await tenant.verify(value)).toMatchObject({ valid: true, keyId });
    const next = await tenant.value(name);
    expect(next).not.toBe(value);
    expect(await tenant.verify(next)).toMatchObject({ valid: true, keyId });
    const refusedWhileReadable: string[] = [];
    const isGone = async () => {
      const read = await findPrevious(name);
      if (read === null) return true;
      const answer = await tenant.verify(read);
      if (!answer.valid && (await findPrevious(name)) === read) refusedWhileReadable.push(answer.code);
      return false;
    };
    await waitUntil(isGone, { what: "the value before is gone from the Secret", timeoutMs: 40_000 });
    expect(refusedWhileReadable).toEqual([]);
    await waitUntil(async () => !(await tenant.verify(value)).valid, { what: "it has ended", timeoutMs: 30_000 });
    expect(await tenant.value(name)).toBe(next);
    expect(await tenant.verify(next)).toMatchObject({ valid: true, keyId });
  });
});

// The last: it is about every key of the workspace.
test("the cluster may not act for the workspace any more: said, the value works on; allowed again, all is well", async () => {
  const { name, value, keyId } = await applied();
  await operator.clusters.disallow({ cluster: "local", workspace: WORKSPACE });
  const stalled = await tenant.until(name, "is stalled", isStalled("ServiceForbidden"));
  const message = conditionOf(stalled, "Stalled")?.message;
  expect(message).toBe(
    `The key service does not let this cluster act for workspace "${WORKSPACE}", or has none of that name. Ask its operator to let it (clusters.allow), or check spec.workspace.`,
  );
  expect(await untilWarned(name, "ServiceForbidden")).toBe(message);
  // What was delivered is the workspace's own: it does not end because nobody may change it from here.
  expect(isReady(stalled)).toBe(true);
  expect(await tenant.verify(value)).toMatchObject({ valid: true, keyId });
  await tenant.requestRotation(name, "now");
  await operator.clusters.allow({ cluster: "local", workspace: WORKSPACE });
  const { status } = await tenant.until(name, "is rotated and well", (it) => {
    return it.status?.revision === 2 && isReady(it) && conditionOf(it, "Stalled")?.status === "False";
  });
  expect(status?.keyId).toBe(keyId);
  expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId });
});
