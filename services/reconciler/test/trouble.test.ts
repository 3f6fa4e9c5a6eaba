import { setTimeout as sleep } from "node:timers/promises";
import { ItsyError } from "@itsy/client";
import { type Clock, systemClock } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { seededRandom } from "@itsy/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiKeys } from "../src/api-key/resource.ts";
import type { OnEffect } from "../src/effects.ts";
import { onOwnerCalls } from "./owner-calls.ts";
import { refusedValue } from "./refused-value.ts";
import { watchSaid } from "./said.ts";
import { troubled } from "./troubled-transport.ts";
import { createPlace, isReady, type Place, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Reads the Secrets all the time, as workloads may. */
const watchValues = (place: Place, names: readonly string[]) => {
  const refused: string[] = [];
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      for (const name of names) {
        const read = async () => valueOf(await place.secret(name).catch(() => null));
        if ((await refusedValue({ read, verify: place.delivery.verify })) !== null) refused.push(name);
      }
      await sleep(5);
    }
  })();
  return {
    refused,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await running;
    },
  };
};

const namesOf = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `key-${at}`);

const expectOneEach = async (place: Place, names: readonly string[]): Promise<void> => {
  // After an API server was away for long, the next try of a watch may be half a minute off.
  await waitUntil(
    async () => (await Promise.all(names.map((name) => place.get(name)))).every((key) => key !== null && isReady(key)),
    { what: "all are ready", timeoutMs: 90_000 },
  );
  await waitUntil(async () => (await place.secrets()).length === names.length, { what: "nothing is left over" });
  expect(place.delivery.keys).toHaveLength(names.length);
  await waitUntil(() => place.delivery.workingVersions().length === names.length, {
    what: "one version of each works",
  });
};

describe("the API server", () => {
  test("slow, answering 429 and 500, losing answers and dropping watches: nothing is minted twice, no value fails", async () => {
    const place = await createPlace(world);
    const names = namesOf(6);
    let isTroubled = true;
    const trouble = { random: Math.random, slowByMs: 30, failing: 0.15, dropping: 0.5 };
    await using _ = place.start({ wrapTransport: troubled(trouble, () => isTroubled) });
    await using values = watchValues(place, names);
    await Promise.all(names.map((name) => place.apply({ rotation: { overlap: "0s" } }, name)));
    await waitUntil(
      async () => (await Promise.all(names.map((name) => place.secret(name)))).some((it) => it !== null),
      {
        what: "some are delivered in the middle of the trouble",
        timeoutMs: 60_000,
      },
    );
    await sleep(1_000);
    isTroubled = false;
    await expectOneEach(place, names);
    expect(values.refused).toEqual([]);
    expect(place.delivery.keys.map(({ latestRevision }) => latestRevision)).toEqual(names.map(() => 1));
  }, 120_000);

  test("killed and started again: what was under way goes on, and nothing is minted twice", async () => {
    const place = await createPlace(world);
    const names = namesOf(12);
    await using _ = place.start();
    await Promise.all(names.slice(0, 6).map((name) => place.apply({}, name)));
    await waitUntil(() => place.delivery.keys.length > 1, { what: "it is at work" });
    await world.controlPlane.restartApiServer({ kill: true });
    await Promise.all(names.slice(6).map((name) => place.apply({}, name)));
    await expectOneEach(place, names);
    await using watching = await watchSaid(place);
    await world.controlPlane.restartApiServer({ kill: true });
    await place.apply({}, "after");
    await expectOneEach(place, [...names, "after"]);
    expect(watching.flaps).toEqual([]);
  }, 240_000);
});

describe("the service", () => {
  // For each thing that is asked for, an ApiKey says once at most that the service does not answer, and then that it is
  // done. Of what is done it says nothing, however often the service fails: Ready does not go with the service's health.
  const once = (reasons: readonly string[]) =>
    expect([["Delivered"], ["ServiceUnreachable", "Delivered"]]).toContainEqual(reasons);

  test.each([1, 2])(
    "slow and failing by chance (%i): no condition flaps, values work, a deletion waits and ends",
    async (seed) => {
      const place = await createPlace(world);
      const names = namesOf(4);
      const random = seededRandom(seed);
      let failures = 0;
      let isTroubled = true;
      const calls = new Set(["observe", "register", "confirm", "release", "configure"]);
      const onEffect: OnEffect = async (name) => {
        if (!isTroubled || !calls.has(name)) return;
        await sleep(random() * 60);
        // Before the call or after it: the answer is lost.
        if (random() >= 0.3) return;
        failures += 1;
        throw new ItsyError("UNAVAILABLE", "the service cannot reach its database");
      };
      await using _ = place.start({ onEffect, resyncMs: 300 });
      await using values = watchValues(place, names.slice(1));
      await using creating = await watchSaid(place);
      await Promise.all(names.map((name) => place.apply({}, name)));
      await Promise.all(names.map((name) => place.untilReady(name)));
      await waitUntil(() => names.every((name) => creating.reasonsOf(name).at(-1) === "Delivered"), {
        what: "it is told",
      });
      for (const name of names) once(creating.reasonsOf(name));

      await using afterwards = await watchSaid(place);
      await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "key-0" });
      await place.untilGone("key-0");
      await place.requestRotation("now", "key-1");
      await place.until("it is rotated", ({ status }) => status?.lastHandledRotateRequest === "now", "key-1");
      const before = failures;
      await waitUntil(() => failures > before + 10, { what: "it fails often afterwards", timeoutMs: 20_000 });
      isTroubled = false;
      await Promise.all(names.slice(1).map((name) => place.untilReady(name)));
      expect(afterwards.flaps.filter((name) => name !== "key-0")).toEqual([]);
      expect([[], ["ServiceUnreachable"]]).toContainEqual(afterwards.reasonsOf("key-0"));
      expect([[], ["ServiceUnreachable", "Delivered"]]).toContainEqual(afterwards.reasonsOf("key-1"));
      for (const name of names.slice(2)) expect(afterwards.reasonsOf(name)).toEqual([]);
      const events = (await place.events()).filter(({ reason }) => reason === "ServiceUnreachable");
      for (const name of names) {
        const mine = events.filter(({ regarding }) => regarding?.name === name);
        expect(mine.length, `events of ${name}`).toBeLessThanOrEqual(name < "key-2" ? 2 : 1);
      }
      expect(values.refused).toEqual([]);
      await waitUntil(() => place.delivery.workingVersions().length === names.length, {
        what: "one version of each, and one on its way out",
      });
    },
    120_000,
  );

  test("gone for a while: tries become rare, nothing is written, and afterwards all goes on", async () => {
    const place = await createPlace(world);
    let tries = 0;
    const onEffect: OnEffect = (name, phase) => {
      if (name === "observe" && phase === "before") tries += 1;
    };
    await using reconciler = place.start({ onEffect });
    await place.apply();
    await place.untilReady();
    await waitUntil(() => reconciler.writes.length === 6, { what: "the event is written" });
    place.delivery.setDown(true);
    tries = 0;
    await waitUntil(() => tries > 0, { what: "it has noticed" });
    const before = tries;
    await sleep(2_000);
    // 50 ms, doubling up to 300 ms here, half of it jitter: at most 2,000 / 150 and the few first ones.
    expect(tries - before).toBeLessThan(20);
    expect(reconciler.writes).toHaveLength(6);
    place.delivery.setDown(false);
    await place.requestRotation("now");
    await place.until("it rotates", (key) => key.status?.revision === 2);
  });
});

test("a wall clock that jumps, forwards and back, changes no value and writes nothing", async () => {
  const place = await createPlace(world);
  let jumpMs = 0;
  const clock: Clock = { now: () => new Date(systemClock.now().getTime() + jumpMs) };
  let looks = 0;
  const onEffect: OnEffect = (name, phase) => {
    if (name === "observe" && phase === "after") looks += 1;
  };
  await using reconciler = place.start({ clock, onEffect });
  await place.apply({ rotation: { every: "24h", overlap: "1h" } });
  await place.untilReady();
  await waitUntil(() => reconciler.writes.length === 6, { what: "the event is written" });
  const value = valueOf(await place.secret());
  for (const jump of [-365 * 86_400_000, 3_600_000, 0]) {
    jumpMs = jump;
    const before = looks;
    await waitUntil(() => looks > before + 2, { what: "it looks again" });
  }
  expect(reconciler.writes).toHaveLength(6);
  expect(valueOf(await place.secret())).toBe(value);
});

test("a wall clock that is ahead ends neither a key before its expiry nor the Secret of a former name", async () => {
  const place = await createPlace(world);
  const clock: Clock = { now: () => new Date(systemClock.now().getTime() + 365 * 86_400_000) };
  let looks = 0;
  const onEffect: OnEffect = (name, phase) => {
    if (name === "observe" && phase === "after") looks += 1;
  };
  await using _ = place.start({ clock, onEffect });
  const expiresAt = new Date(systemClock.now().getTime() + 30 * 86_400_000).toISOString();
  await place.apply({ expiresAt, secret: { name: "before" } });
  await place.untilReady();
  await place.requestRotation("now");
  await place.until("it rotates", (key) => key.status?.revision === 2);
  const name = { namespace: place.namespace, name: "website" };
  await world.kube.mergePatch(ApiKeys, name, { spec: { secret: { name: "after" } } });
  await place.until("it is moved", (key) => key.status?.binding?.name === "after");
  const before = looks;
  await waitUntil(() => looks > before + 2, { what: "it looks again" });
  expect(valueOf(await place.secret("before"))).toBe(valueOf(await place.secret("after")));
});

test("an ApiKey that always fails and one that never ends do not keep the others waiting", async () => {
  const place = await createPlace(world);
  const poisoned = new Map<string, "fails" | "hangs">();
  const released = Promise.withResolvers<void>();
  const delivery = onOwnerCalls(place.delivery, async (_name, uid) => {
    const poison = poisoned.get(uid);
    if (poison === "fails") throw new TypeError("cannot read what is not there");
    if (poison === "hangs") await released.promise;
  });
  for (const [name, poison] of [
    ["fails", "fails"],
    ["hangs", "hangs"],
  ] as const)
    poisoned.set((await place.apply({}, name)).metadata.uid, poison);
  await using reconciler = place.start({ delivery, reconcileTimeoutMs: 1_000 });
  for (const name of namesOf(8)) await place.apply({}, name);
  await Promise.all(namesOf(8).map((name) => place.untilReady(name)));
  expect(isReady((await place.get("fails")) as never)).toBe(false);
  await waitUntil(() => reconciler.problems().some((problem) => problem.includes("running for")), {
    what: "/healthz tells of the one that hangs",
  });
  poisoned.clear();
  await place.untilReady("fails");
  released.resolve();
}, 60_000);
