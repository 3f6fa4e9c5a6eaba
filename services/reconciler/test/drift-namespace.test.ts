import { ConfigMaps, Namespaces } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ApiKeys } from "../src/api-key/resource.ts";
import { type Installation, install } from "./installation.ts";
import { kubectl } from "./kubectl.ts";
import { createPlace, type Place, startWorld, valueOf, type World } from "./world.ts";

let world: World;
let installation: Installation;
beforeAll(async () => {
  world = await startWorld({ controllerManager: true });
  installation = await install(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const untilNamespaceGone = ({ namespace }: Pick<Place, "namespace">) =>
  waitUntil(async () => (await world.kube.get(Namespaces, { name: namespace })) === null, {
    what: "the namespace is gone",
    timeoutMs: 40_000,
  });

/** A delivered key; the reconciler has stopped. */
const delivered = async () => {
  const place = await createPlace(world);
  await installation.serve(place);
  await place.apply();
  await using _ = place.start({ credentials: installation.reconciler });
  await place.untilReady();
  return { ...place, value: valueOf(await place.secret()) ?? "" };
};

test("a namespace that is deleted goes, and its keys end", async () => {
  const place = await delivered();
  await using _ = place.start({ credentials: installation.reconciler });
  await world.kube.delete(Namespaces, { name: place.namespace });
  await untilNamespaceGone(place);
  expect(place.delivery.verify(place.value)).toBe(false);
  expect(place.delivery.workingVersions()).toEqual([]);
});

test("also when the right to read its Secrets went before the ApiKey was looked at", async () => {
  const place = await delivered();
  const { namespace } = place;
  await world.kube.delete(Namespaces, { name: namespace });
  const rights = () => kubectl(world.controlPlane, ["-n", namespace, "get", "rolebindings", "-o", "name"]);
  await waitUntil(async () => (await rights()).stdout === "", { what: "the rights are gone", timeoutMs: 40_000 });
  // Nobody but the finalizer holds it now.
  expect(await place.get()).not.toBeNull();
  expect(place.delivery.verify(place.value)).toBe(true);
  await using _ = place.start({ credentials: installation.reconciler });
  await untilNamespaceGone(place);
  expect(place.delivery.workingVersions()).toEqual([]);
});

test("also while somebody else holds the ApiKey and the namespace", async () => {
  const place = await delivered();
  const { namespace } = place;
  const hold = { metadata: { name: "hold", namespace, finalizers: ["test.itsy.dev/hold"] } };
  await world.kube.create(ConfigMaps, hold);
  const keep = { metadata: { name: "website", finalizers: ["keys.itsy.dev/release", "test.itsy.dev/hold"] } };
  await world.kube.mergePatch(ApiKeys, { namespace, name: "website" }, keep);
  await world.kube.delete(Namespaces, { name: namespace });
  await waitUntil(
    async () => (await world.kube.get(Namespaces, { name: namespace }))?.status?.phase === "Terminating",
    {
      what: "the namespace is terminating",
    },
  );
  await using _ = place.start({ credentials: installation.reconciler });
  // Released although somebody else holds the object and the namespace.
  await waitUntil(() => place.delivery.workingVersions().length === 0, { what: "the key ended", timeoutMs: 20_000 });
  const letGo = { finalizers: [] };
  await world.kube.mergePatch(ApiKeys, { namespace, name: "website" }, { metadata: { name: "website", ...letGo } });
  await world.kube.mergePatch(ConfigMaps, { namespace, name: "hold" }, { metadata: { name: "hold", ...letGo } });
  await untilNamespaceGone(place);
});
