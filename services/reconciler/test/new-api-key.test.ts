import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { FINALIZER } from "../src/api-key/names.ts";
import { ApiKeys } from "../src/api-key/resource.ts";
import type { OnEffect } from "../src/effects.ts";
import { onOwnerCalls } from "./owner-calls.ts";
import { createPlace, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("while the service answers, a new ApiKey is begun without asking what it knows of it", async () => {
  const place = await createPlace(world);
  const calls: { readonly name: string; readonly uid: string }[] = [];
  const delivery = onOwnerCalls(place.delivery, (name, uid) => void calls.push({ name, uid }));
  const firstCallOf = ({ metadata }: { readonly metadata: { readonly uid?: string } }) =>
    calls.find(({ uid }) => uid === metadata.uid)?.name;
  await using _ = place.start({ delivery });
  await place.apply({}, "first");
  expect(firstCallOf(await place.untilReady("first"))).toBe("observe");
  await place.apply({}, "second");
  expect(firstCallOf(await place.untilReady("second"))).toBe("register");
  expect(place.delivery.verify(valueOf(await place.secret("second")) ?? "")).toBe(true);
});

test("where the service never answered, a new ApiKey gets no finalizer, and can be deleted again at once", async () => {
  const place = await createPlace(world);
  place.delivery.setDown(true);
  await using _ = place.start();
  await place.apply();
  const apiKey = await place.untilReason("ServiceUnreachable");
  expect(apiKey.metadata.finalizers ?? []).not.toContain(FINALIZER);
  expect(await place.secrets()).toEqual([]);
  await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
  await place.untilGone();
});

test("nor where it answers no more", async () => {
  const place = await createPlace(world);
  let tries = 0;
  const onEffect: OnEffect = (name, phase) => {
    if (name === "observe" && phase === "before") tries += 1;
  };
  await using _ = place.start({ onEffect });
  await place.apply({}, "first");
  await place.untilReady("first");
  tries = 0;
  place.delivery.setDown(true);
  // The one before was begun while it answered: the second of these has failed.
  await waitUntil(() => tries > 2, { what: "it has noticed" });
  await place.apply({}, "late");
  const late = await place.untilReason("ServiceUnreachable", "late");
  expect(late.metadata.finalizers ?? []).not.toContain(FINALIZER);
});

test("one that only looks new, since all that says otherwise was taken away, keeps its key", async () => {
  const place = await createPlace(world);
  const { metadata } = await place.apply();
  const at = { namespace: place.namespace, name: "website" };
  {
    await using _ = place.start();
    await place.untilReady();
  }
  await world.kube.mergePatch(ApiKeys, at, { metadata: { finalizers: null, annotations: null } });
  const status = { observedGeneration: -1, conditions: null, revision: null, binding: null, keyId: null };
  await world.kube.mergePatch(ApiKeys, at, { status }, { subresource: "status" });
  await world.kube.delete(Secrets, at);

  await using _ = place.start();
  await place.apply({}, "another");
  await place.untilReady("another");
  const apiKey = await place.untilReady();
  expect(apiKey.metadata).toMatchObject({ uid: metadata.uid, finalizers: [FINALIZER] });
  // One for each of the two: none was made for the second look at this one.
  expect(place.delivery.keys).toHaveLength(2);
  expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
});
