import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiKeys } from "../src/api-key/resource.ts";

import { createPlace, isReady, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("a namespace that applies very many ApiKeys does not keep another one waiting", async () => {
  const crowded = await createPlace(world);
  const quiet = await createPlace(world);
  const names = Array.from({ length: 300 }, (_, at) => `key-${at}`);
  for (let at = 0; at < names.length; at += 30)
    await Promise.all(names.slice(at, at + 30).map((name) => crowded.apply({}, name)));
  await quiet.apply();
  // One reconciler for all namespaces, which finds the crowd first.
  await using _ = crowded.start({ namespace: undefined, resyncMs: 600_000 });
  await quiet.untilReady();
  const { items } = await world.kube.listPage(ApiKeys, { namespace: crowded.namespace });
  expect(items.filter(isReady).length).toBeLessThan(100);
  // It ends in the middle of its work, and leaves nobody hanging.
}, 120_000);
