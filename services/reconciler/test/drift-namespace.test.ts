import { ConfigMaps, Namespaces } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { ApiKeys } from "../src/api-key/resource.ts";
import { useInstallation } from "./installation.ts";
import { kubectl } from "./kubectl.ts";
import { type Place, valueOf } from "./world.ts";

const installation = useInstallation({ controllerManager: true });

const untilNamespaceGone = ({ namespace }: Pick<Place, "namespace">) =>
  waitUntil(async () => (await installation.kube.get(Namespaces, { name: namespace })) === null, {
    what: "the namespace is gone",
    timeoutMs: 40_000,
  });

/** A delivered key; the reconciler has stopped. */
const delivered = async () => {
  const place = await installation.served();
  await place.apply();
  await using _ = place.run();
  await place.untilReady();
  return { ...place, value: valueOf(await place.secret()) ?? "" };
};

test("a namespace that is deleted goes, and its keys end", async () => {
  const place = await delivered();
  await using _ = place.run();
  await installation.kube.delete(Namespaces, { name: place.namespace });
  await untilNamespaceGone(place);
  expect(place.delivery.verify(place.value)).toBe(false);
  expect(place.delivery.workingVersions()).toEqual([]);
});

test("also when the right to read its Secrets went before the ApiKey was looked at", async () => {
  const place = await delivered();
  const { namespace } = place;
  await installation.kube.delete(Namespaces, { name: namespace });
  const rights = () => kubectl(installation.world.controlPlane, ["-n", namespace, "get", "rolebindings", "-o", "name"]);
  await waitUntil(async () => (await rights()).stdout === "", { what: "the rights are gone", timeoutMs: 40_000 });
  // Nobody but the finalizer holds it now.
  expect(await place.get()).not.toBeNull();
  expect(place.delivery.verify(place.value)).toBe(true);
  await using _ = place.run();
  await untilNamespaceGone(place);
  expect(place.delivery.workingVersions()).toEqual([]);
});

test("also while somebody else holds the ApiKey and the namespace", async () => {
  const place = await delivered();
  const { namespace } = place;
  const hold = { metadata: { name: "hold", namespace, finalizers: ["test.itsy.dev/hold"] } };
  await installation.kube.create(ConfigMaps, hold);
  const keep = { metadata: { name: "website", finalizers: ["keys.itsy.dev/release", "test.itsy.dev/hold"] } };
  await installation.kube.mergePatch(ApiKeys, { namespace, name: "website" }, keep);
  await installation.kube.delete(Namespaces, { name: namespace });
  await waitUntil(
    async () => (await installation.kube.get(Namespaces, { name: namespace }))?.status?.phase === "Terminating",
    {
      what: "the namespace is terminating",
    },
  );
  await using _ = place.run();
  // Released although somebody else holds the object and the namespace.
  await waitUntil(() => place.delivery.workingVersions().length === 0, { what: "the key ended", timeoutMs: 20_000 });
  const letGo = { finalizers: [] };
  await installation.kube.mergePatch(
    ApiKeys,
    { namespace, name: "website" },
    { metadata: { name: "website", ...letGo } },
  );
  await installation.kube.mergePatch(ConfigMaps, { namespace, name: "hold" }, { metadata: { name: "hold", ...letGo } });
  await untilNamespaceGone(place);
});
