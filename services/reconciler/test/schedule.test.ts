import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { conditionOf, createPlace, isReady, type Place, revisionIs, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;

const looksAgain = async (place: Place): Promise<void> => {
  const calls = place.delivery.calls.length;
  await waitUntil(() => place.delivery.calls.length >= calls + 3, { what: "it looked again" });
};

test("with rotation.every a new version comes when it is due, and the one before works through its overlap", async () => {
  const place = await createPlace(world);
  await using reconciler = place.start();
  await place.apply({ rotation: { every: "24h", overlap: "1h" } });
  const first = await place.untilReady();
  const next = Date.parse(first.status?.nextRotationAt ?? "") - Date.parse(first.status?.lastRotatedAt ?? "");
  expect(next).toBeGreaterThan(0.9 * 24 * HOUR_MS);
  expect(next).toBeLessThanOrEqual(24 * HOUR_MS);
  const old = valueOf(await place.secret()) as string;
  place.delivery.advance(next - 60_000);
  const writes = reconciler.writes.length;
  await looksAgain(place);
  expect(reconciler.writes).toHaveLength(writes);
  place.delivery.advance(60_000);
  const second = await revisionIs(place, 2);
  expect(place.delivery.verify(old)).toBe(true);
  expect(Date.parse(second.status?.nextRotationAt ?? "")).toBeGreaterThan(
    Date.parse(first.status?.nextRotationAt ?? ""),
  );
  place.delivery.advance(HOUR_MS);
  expect(place.delivery.verify(old)).toBe(false);
});

test("after a downtime of many periods it rotates once, and not again when it is restarted", async () => {
  const place = await createPlace(world);
  await place.apply({ rotation: { every: "2h", overlap: "1h" } });
  {
    await using _ = place.start();
    await place.untilReady();
  }
  place.delivery.advance(1_000 * HOUR_MS);
  for (let run = 0; run < 2; run += 1) {
    await using _ = place.start();
    await revisionIs(place, 2);
    await looksAgain(place);
  }
  expect((await place.get())?.status?.revision).toBe(2);
  expect(place.delivery.keys[0]?.latestRevision).toBe(2);
});

test("with a schedule, spec.expiresAt ends the secrets made before it and not the key", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  const expiresAt = new Date(Date.now() + 100 * HOUR_MS).toISOString();
  await place.apply({ expiresAt, rotation: { every: "720h", overlap: "1h" } });
  const first = await place.untilReady();
  expect(first.status?.expiresAt).toBe(expiresAt);
  const old = valueOf(await place.secret()) as string;
  place.delivery.advance(99 * HOUR_MS);
  const second = await place.until("it was renewed", ({ status }) => status?.revision === 2 && !status.expiresAt);
  expect(isReady(second)).toBe(true);
  expect(place.delivery.verify(old)).toBe(true);
  place.delivery.advance(2 * HOUR_MS);
  await place.until("the old version has ended", ({ status }) => status?.retiringUntil === undefined);
  expect(place.delivery.verify(old)).toBe(false);
  expect(place.delivery.verify(valueOf(await place.secret()) as string)).toBe(true);
});

test("with atExpiry: End it is the end of the key, whatever was rotated", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  const expiresAt = new Date(Date.now() + 100 * HOUR_MS).toISOString();
  await place.apply({ expiresAt, rotation: { every: "60h", overlap: "1h", atExpiry: "End" } });
  await place.untilReady();
  place.delivery.advance(60 * HOUR_MS);
  const second = await revisionIs(place, 2);
  expect(second.status).toMatchObject({ expiresAt });
  expect(second.status?.nextRotationAt).toBeUndefined();
  place.delivery.advance(41 * HOUR_MS);
  const ended = await place.untilReason("Expired");
  expect(conditionOf(ended, "Stalled")?.status).toBe("True");
});

test("with retireWhenUnused the old version works while it is used, and ends once it is not", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  const rotation = { overlap: "10m", retireWhenUnused: { idleFor: "5m", atMost: "24h" } };
  await place.apply({ rotation, secret: { includePrevious: true } });
  await place.untilReady();
  const old = valueOf(await place.secret()) as string;
  await place.requestRotation("now");
  await revisionIs(place, 2);
  // Three hours of traffic with the old value.
  for (let minute = 0; minute < 180; minute += 4) {
    place.delivery.use(old);
    place.delivery.advance(240_000);
  }
  place.delivery.use(old);
  const counted = await place.until(
    "its requests are counted",
    ({ status }) => status?.retiring?.acceptedRequests === 46,
  );
  expect(counted.status?.retiring).toMatchObject({ revision: 1, lastUsedAt: expect.any(String) });
  await looksAgain(place);
  expect(place.delivery.verify(old)).toBe(true);
  expect(valueOf(await place.secret(), "apiKey_previous")).toBe(old);
  place.delivery.advance(300_000);
  await waitUntil(() => !place.delivery.verify(old), { what: "the old value has ended" });
  expect(valueOf(await place.secret(), "apiKey_previous")).toBeNull();
  await place.until("nothing is on its way out", ({ status }) => !status?.retiring && !status?.retiringUntil);
  expect(place.delivery.workingVersions()).toHaveLength(1);
});

test("its bound holds, however much it is used, and whether anybody looks or not", async () => {
  const place = await createPlace(world);
  const rotation = { overlap: "0s", retireWhenUnused: { idleFor: "1h", atMost: "2h" } };
  await place.apply({ rotation });
  let old = "";
  {
    await using _ = place.start();
    await place.untilReady();
    old = valueOf(await place.secret()) as string;
    await place.requestRotation("now");
    await revisionIs(place, 2);
  }
  for (let minute = 0; minute < 120; minute += 30) {
    place.delivery.use(old);
    place.delivery.advance(1_800_000);
  }
  expect(place.delivery.verify(old)).toBe(false);
});
