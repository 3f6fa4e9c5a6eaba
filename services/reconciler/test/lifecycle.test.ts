import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApiKeys } from "../src/api-key/resource.ts";

import { refusedValue } from "./refused-value.ts";
import { conditionOf, createPlace, isReady, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

describe("rotation on request", () => {
  test.each([
    ["0s", false],
    ["1h", true],
  ])("with overlap %s: the readable value works at every moment; the old one works on: %s", async (overlap, isKept) => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap } });
    const before = await place.untilReady();
    const old = valueOf(await place.secret()) as string;

    const probing = { isOver: false };
    const refused: string[] = [];
    const probe = (async () => {
      while (!probing.isOver) {
        // Without an overlap the value is replaced in one step: there is one all the time.
        const read = async () => valueOf(await place.secret()) ?? "no value";
        const value = await refusedValue({ read, verify: place.delivery.verify });
        if (value !== null) refused.push(value);
      }
    })();
    await place.requestRotation("2026-11-22T10:00:00+00:00");
    const after = await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    probing.isOver = true;
    await probe;

    expect(refused).toEqual([]);
    expect(valueOf(await place.secret())).not.toBe(old);
    expect(place.delivery.verify(old)).toBe(isKept);
    expect(after.status?.keyId).toBe(before.status?.keyId);
    expect(after.status?.lastHandledRotateRequest).toBe("2026-11-22T10:00:00+00:00");
    expect(after.status?.retiringUntil === undefined).toBe(!isKept);
    expect(await place.secrets()).toHaveLength(1);
    // The same request again is no new request.
    const calls = place.delivery.calls.length;
    await place.requestRotation("2026-11-22T10:00:00+00:00");
    await waitUntil(() => place.delivery.calls.length >= calls + 3, { what: "it looked again" });
    expect((await place.get())?.status?.revision).toBe(2);
    await place.requestRotation("2026-11-22T11:00:00+00:00");
    await place.until("revision 3 is ready", (key) => key.status?.revision === 3);
  });

  test("after the overlap the status says that the old one has ended", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply();
    await place.untilReady();
    await place.requestRotation("1");
    await place.until("the old one retires", (key) => key.status?.retiringUntil !== undefined);
    place.delivery.advance(3_600_000);
    await place.until("the old one has ended", (key) => key.status?.retiringUntil === undefined);
    expect(place.delivery.workingVersions()).toHaveLength(1);
  });
});

describe("what happens to the Secret", () => {
  test("deleted: a new revision, said as SecretLost", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply();
    await place.untilReady();
    const old = valueOf(await place.secret()) as string;
    await world.kube.delete(Secrets, { namespace: place.namespace, name: "website" });
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    const value = valueOf(await place.secret()) as string;
    expect(value).not.toBe(old);
    expect(place.delivery.verify(value)).toBe(true);
    // The declared overlap: pods may still hold the old value.
    expect(place.delivery.verify(old)).toBe(true);
    await waitUntil(async () => (await place.events()).some(({ reason }) => reason === "SecretLost"), {
      what: "the event is there",
    });
  });

  test.each([
    ["changed by hand", "bm8ga2V5"],
    ["emptied", ""],
  ])("%s: a new revision", async (_what, data) => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply();
    await place.untilReady();
    await world.kube.mergePatch(
      Secrets,
      { namespace: place.namespace, name: "website" },
      { metadata: { name: "website" }, data: { apiKey: data } },
    );
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
  });
});

describe("what people do in the service", () => {
  test("revoked stays revoked until a rotation is asked for, then a new key takes its place", async () => {
    const place = await createPlace(world);
    await using reconciler = place.start();
    const { metadata } = await place.apply();
    await place.untilReady();
    place.delivery.keyOf(metadata.uid).revoked = true;
    const apiKey = await place.untilReason("RevokedOutOfBand");
    expect(conditionOf(apiKey, "Stalled")?.status).toBe("True");
    const writes = reconciler.writes.filter((write) => !write.includes("/events")).length;
    const calls = place.delivery.calls.length;
    await waitUntil(() => place.delivery.calls.length >= calls + 3, { what: "it looked again" });
    expect(reconciler.writes.filter((write) => !write.includes("/events"))).toHaveLength(writes);
    expect(place.delivery.keys).toHaveLength(1);

    await place.requestRotation("now");
    const after = await place.untilReady();
    expect(place.delivery.keys).toHaveLength(2);
    expect(after.status?.keyId).toBe(place.delivery.keys[1]?.keyId);
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
    expect(await place.secrets()).toHaveLength(1);
  });

  test("a person's pause is reported and left alone", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    const { metadata } = await place.apply();
    await place.untilReady();
    place.delivery.keyOf(metadata.uid).pausedByPerson = true;
    await place.untilReason("PausedOutOfBand");
    expect(place.delivery.calls).not.toContain("configure");
    place.delivery.keyOf(metadata.uid).pausedByPerson = false;
    await place.untilReady();
  });
});

test("settings follow the manifest, and are written only when they differ", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  await place.apply();
  await place.untilReady();
  const name = { namespace: place.namespace, name: "website" };
  const access = { permissions: ["files:*"], ipRules: ["10.0.0.0/8"] };
  const change = { displayName: "Other", paused: true, rateLimit: { requestsPerMinute: 5 }, ...access };
  await world.kube.mergePatch(ApiKeys, name, { spec: change });
  const paused = await place.untilReason("Paused");
  expect(conditionOf(paused, "Stalled")?.status).toBe("False");
  expect(place.delivery.keys[0]?.settings).toEqual({
    name: "Other",
    requestsPerMinute: 5,
    expiresAt: null,
    paused: true,
    ...access,
  });
  expect(place.delivery.calls.filter((call) => call === "configure")).toHaveLength(1);
  await world.kube.mergePatch(ApiKeys, name, { spec: { paused: false } });
  await place.untilReady();
  expect((await place.get())?.status?.revision).toBe(1);
});

describe("deletion", () => {
  test.each([
    ["Revoke", false],
    ["Retain", true],
  ] as const)("with policy %s: the Secret goes, the finalizer last; the key works on: %s", async (policy, works) => {
    const place = await createPlace(world);
    await using reconciler = place.start();
    const { metadata } = await place.apply({ deletionPolicy: policy });
    await place.untilReady();
    const value = valueOf(await place.secret()) as string;
    await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
    await place.untilGone();
    expect(await place.secrets()).toEqual([]);
    expect(place.delivery.verify(value)).toBe(works);
    expect(place.delivery.isReleased(metadata.uid)).toBe(true);
    const last = reconciler.writes.findLast((write) => !write.includes("/events"));
    expect(last).toBe(`PATCH /apis/keys.itsy.dev/v1/namespaces/${place.namespace}/apikeys/website`);
  });

  test("while the service is down it waits, says why, and finishes when it is back", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply();
    await place.untilReady();
    const value = valueOf(await place.secret()) as string;
    place.delivery.setDown(true);
    await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
    const waiting = await place.untilReason("ServiceUnreachable");
    expect(conditionOf(waiting, "Reconciling")).toMatchObject({
      status: "True",
      message: expect.stringContaining("deletion waits"),
    });
    await waitUntil(
      async () =>
        (await place.events()).some(({ reason, type }) => reason === "ServiceUnreachable" && type === "Warning"),
      { what: "the event is there" },
    );
    expect(valueOf(await place.secret())).toBe(value);
    place.delivery.setDown(false);
    await place.untilGone();
    expect(await place.secrets()).toEqual([]);
    expect(place.delivery.verify(value)).toBe(false);
  });
});

describe("the service is down", () => {
  test("a delivered key stays ready and nothing is written", async () => {
    const place = await createPlace(world);
    let failures = 0;
    await using reconciler = place.start({
      onEffect: (name, phase) => {
        if (name === "observe" && phase === "before") failures += 1;
      },
    });
    await place.apply();
    await place.untilReady();
    await waitUntil(() => reconciler.writes.length === 6, { what: "the event is written" });
    place.delivery.setDown(true);
    failures = 0;
    await waitUntil(() => failures >= 3, { what: "it tried again" });
    expect(isReady((await place.get()) as never)).toBe(true);
    expect(reconciler.writes).toHaveLength(6);
  });

  test("a new ApiKey says so, and becomes ready when the service is back", async () => {
    const place = await createPlace(world);
    place.delivery.setDown(true);
    await using _ = place.start();
    await place.apply();
    const waiting = await place.untilReason("ServiceUnreachable");
    expect(conditionOf(waiting, "Stalled")?.status).toBe("False");
    expect(await place.secrets()).toEqual([]);
    place.delivery.setDown(false);
    await place.untilReady();
  });
});
