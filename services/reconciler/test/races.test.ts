import { setTimeout as sleep } from "node:timers/promises";
import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { stagingName } from "../src/api-key/names.ts";
import type { OnEffect } from "../src/effects.ts";
import { WorkspaceGrants } from "../src/grant/resource.ts";
import { hold } from "./held-passage.ts";
import { probe } from "./secret-probe.ts";
import { expectSettled } from "./settled.ts";
import { deafToApiKeys } from "./troubled-transport.ts";
import { createPlace, isReady, revisionIs, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("a reconciler that slept before its publish does not put its old value over a newer one", async () => {
  const place = await createPlace(world);
  const sleeper = hold("publish", "before");
  await using _ = place.start({ onEffect: sleeper.onEffect });
  await place.apply({ rotation: { overlap: "0s" } });
  await sleeper.reached;
  await using __ = place.start();
  await revisionIs(place, 1);
  await place.requestRotation("now");
  await revisionIs(place, 2);
  const value = valueOf(await place.secret());
  await using watching = probe(place);
  sleeper.release();
  const calls = place.delivery.calls.length;
  await waitUntil(() => place.delivery.calls.length > calls + 4, { what: "both looked again" });
  expect(await watching.stop()).toEqual([]);
  expect(valueOf(await place.secret())).toBe(value);
  await expectSettled(place);
});

test("nor over a newer one in a Secret that was there before", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  await place.apply({ rotation: { overlap: "0s" } });
  await revisionIs(place, 1);
  const sleeper = hold("publish", "before");
  await using __ = place.start({ onEffect: sleeper.onEffect });
  // Whichever of the two is first: the sleeper comes to its publish when it rotates itself.
  for (let revision = 2; !sleeper.isReached(); revision += 1) {
    await place.requestRotation(`request ${revision}`);
    await revisionIs(place, revision);
    await sleep(50);
  }
  const { status } = await place.untilReady();
  const revision = (status?.revision ?? 0) + 1;
  await place.requestRotation("the last request");
  await revisionIs(place, revision);
  const value = valueOf(await place.secret());
  await using watching = probe(place);
  sleeper.release();
  const calls = place.delivery.calls.length;
  await waitUntil(() => place.delivery.calls.length > calls + 4, { what: "both looked again" });
  expect(await watching.stop()).toEqual([]);
  expect(valueOf(await place.secret())).toBe(value);
  await expectSettled(place);
});

test("a reconciler that is behind does not answer a request again that was answered before another one", async () => {
  const place = await createPlace(world);
  await place.apply({ rotation: { overlap: "0s" } });
  await place.requestRotation("first");
  // What is behind hears of the request, and not that it was answered.
  const reporting = hold("reportStatus", "before");
  await using _ = place.start({ onEffect: reporting.onEffect });
  await reporting.reached;
  let looks = 0;
  const onEffect: OnEffect = (name, phase) => {
    if (name === "observe" && phase === "after") looks += 1;
  };
  await using __ = place.start({ onEffect, wrapTransport: deafToApiKeys });
  await waitUntil(() => looks > 0, { what: "the other one has looked" });
  reporting.release();
  await revisionIs(place, 1);
  await place.requestRotation("second");
  await revisionIs(place, 2);
  const value = valueOf(await place.secret());
  const before = looks;
  await waitUntil(() => looks > before + 4, { what: "it looked again" });
  expect(valueOf(await place.secret())).toBe(value);
  await expectSettled(place);
});

test("the staging Secret deleted halfway: two candidates of one revision, one of them published and confirmed", async () => {
  const place = await createPlace(world);
  const sleeper = hold("publish", "before");
  await using _ = place.start({ onEffect: sleeper.onEffect });
  const { metadata } = await place.apply({ rotation: { overlap: "0s" } });
  await sleeper.reached;
  const name = stagingName("website", metadata.uid);
  await world.kube.delete(Secrets, { namespace: place.namespace, name });
  const other = hold("publish", "before");
  await using __ = place.start({ onEffect: other.onEffect });
  await other.reached;
  expect(place.delivery.workingVersions()).toHaveLength(2);
  await using watching = probe(place);
  sleeper.release();
  other.release();
  await revisionIs(place, 1);
  await expectSettled(place);
  expect(await watching.stop()).toEqual([]);
  expect(place.delivery.keys[0]?.latestRevision).toBe(1);
});

test("revoked between observe and register: nothing is minted", async () => {
  const place = await createPlace(world);
  const sleeper = hold("register", "before");
  let isDelivered = false;
  // The only one: another would make the new value while this one sleeps.
  await using _ = place.start({ onEffect: (...passage) => (isDelivered ? sleeper.onEffect(...passage) : undefined) });
  const { metadata } = await place.apply();
  await revisionIs(place, 1);
  isDelivered = true;
  await world.kube.delete(Secrets, { namespace: place.namespace, name: "website" });
  await sleeper.reached;
  place.delivery.keyOf(metadata.uid).revoked = true;
  sleeper.release();
  await place.untilReason("RevokedOutOfBand");
  await waitUntil(async () => (await place.secrets()).every(({ metadata: { name } }) => name === "website"), {
    what: "no staging Secret is left",
  });
  expect(place.delivery.keys).toHaveLength(1);
});

test("revoked right before a rotation that was asked for earlier: it stays so until somebody asks again", async () => {
  const place = await createPlace(world);
  const { metadata } = await place.apply();
  const sleeper = hold("register", "before");
  {
    await using _ = place.start();
    await revisionIs(place, 1);
  }
  await place.requestRotation("before");
  await using _ = place.start({ onEffect: sleeper.onEffect });
  await sleeper.reached;
  place.delivery.keyOf(metadata.uid).revoked = true;
  sleeper.release();
  await place.untilReason("RevokedOutOfBand");
  // Another one comes in, which has seen nothing of it.
  await using __ = place.start();
  const calls = place.delivery.calls.length;
  await waitUntil(() => place.delivery.calls.length >= calls + 6, { what: "both looked again" });
  expect(place.delivery.keys).toHaveLength(1);
  await place.requestRotation("after");
  await place.untilReady();
  expect(place.delivery.keys).toHaveLength(2);
  await expectSettled(place);
});

test("revoked while a rotation waits for a grant: it stays so when the grant comes back", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  const { metadata } = await place.apply();
  await revisionIs(place, 1);
  await world.kube.delete(WorkspaceGrants, { name: place.namespace });
  await place.untilReason("NotGranted");
  await place.requestRotation("before");
  place.delivery.keyOf(metadata.uid).revoked = true;
  await place.until("this is noted", ({ status }) => status?.revocation?.rotateRequest === "before");
  await place.grant();
  await place.untilReason("RevokedOutOfBand");
  expect(place.delivery.keys).toHaveLength(1);
});

const disturbances = fc.array(
  fc.record({
    kind: fc.constantFrom("rotate", "loseTarget", "loseStaging", "tamper", "down"),
    afterMs: fc.integer({ min: 0, max: 60 }),
  }),
  { minLength: 1, maxLength: 6 },
);

test("three reconcilers at once, slow at random, disturbed at random: what is readable works, one version is left", async () => {
  await fc.assert(
    fc.asyncProperty(disturbances, fc.infiniteStream(fc.integer({ min: 0, max: 30 })), async (plan, delays) => {
      const place = await createPlace(world);
      const slowly: OnEffect = async () => {
        await sleep(delays.next().value);
      };
      await using watching = probe(place);
      const tampered = new Set<string>();
      {
        await using _ = place.start({ onEffect: slowly });
        await using __ = place.start({ onEffect: slowly });
        await using ___ = place.start({ onEffect: slowly });
        const { metadata } = await place.apply({ rotation: { overlap: "0s" } });
        for (const [at, { kind, afterMs }] of plan.entries()) {
          await sleep(afterMs);
          if (kind === "rotate") await place.requestRotation(`request ${at}`);
          if (kind === "loseTarget") await world.kube.delete(Secrets, { namespace: place.namespace, name: "website" });
          if (kind === "down") place.delivery.setDown(true);
          if (kind === "loseStaging")
            await world.kube.delete(Secrets, {
              namespace: place.namespace,
              name: stagingName("website", metadata.uid),
            });
          if (kind === "tamper" && (await place.secret()) !== null) {
            const value = `tampered ${at}`;
            tampered.add(value);
            await world.kube
              .mergePatch(
                Secrets,
                { namespace: place.namespace, name: "website" },
                { metadata: { name: "website" }, data: { apiKey: Buffer.from(value).toString("base64") } },
              )
              .catch(() => {});
          }
          if (kind === "down") place.delivery.setDown(false);
        }
        await expectSettled(place);
        await place.until("it is ready", isReady);
        await expectSettled(place);
      }
      await expectSettled(place);
      expect((await watching.stop()).filter((value) => !tampered.has(value))).toEqual([]);
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 240_000);
