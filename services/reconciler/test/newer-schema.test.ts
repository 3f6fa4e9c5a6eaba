import { defineResource, type KubeObject } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type ApiKey, ApiKeys } from "../src/api-key/resource.ts";
import { createPlace, isReady, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const CustomResourceDefinitions = defineResource<KubeObject>({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
});

const future = { depth: { of: ["fields"] } };
const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const schema = "/spec/versions/0/schema/openAPIV3Schema/properties";

/** What a later release may have: a field in `spec` and one in `status` that this one knows nothing of. */
const extendSchema = () =>
  world.kube.jsonPatch(CustomResourceDefinitions, { name: "apikeys.keys.itsy.dev" }, [
    { op: "add", path: `${schema}/spec/properties/future`, value: anything },
    { op: "add", path: `${schema}/status/properties/future`, value: anything },
  ]);

test("what only a newer schema knows survives everything that this reconciler writes", async () => {
  await extendSchema();
  const place = await createPlace(world);
  const apply = (name: string) => place.apply({ future } as Partial<ApiKey["spec"]>, name);
  await waitUntil(async () => "future" in (await apply(`probe-${performance.now()}`)).spec, {
    what: "the API server keeps the new field",
  });
  await apply("website");
  const name = { namespace: place.namespace, name: "website" };
  const foreign = {
    type: "Foreign",
    status: "True" as const,
    reason: "Future",
    message: "",
    observedGeneration: 1,
    lastTransitionTime: "2026-11-22T10:00:00Z",
  };
  const status = { future, conditions: [foreign] } as ApiKey["status"];
  await world.kube.mergePatch(ApiKeys, name, { status: status as never }, { subresource: "status" });

  await using _ = place.start();
  await place.untilReady();
  await place.requestRotation("now");
  await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
  // Also after a failure, which reports in another way.
  place.delivery.setDown(true);
  await place.requestRotation("again");
  const { spec, status: after, metadata } = await place.untilProgress("ServiceUnreachable");
  expect(spec).toMatchObject({ future });
  expect(after).toMatchObject({ future, revision: 2 });
  expect(after?.conditions).toContainEqual(foreign);
  expect(metadata.finalizers).toContain("keys.itsy.dev/release");
});
