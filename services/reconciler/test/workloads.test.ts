import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiKeys } from "../src/api-key/resource.ts";
import type { RestartTarget } from "../src/api-key/schema/workloads.ts";
import { workloads } from "../src/api-key/workloads/resources.ts";
import { createPod, createWorkload, getPod, getWorkload, rolloutOf } from "./workloads.ts";
import { conditionOf, createPlace, isReady, type Place, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const website: RestartTarget = { kind: "Deployment", name: "website" };
const allKinds: readonly RestartTarget[] = [
  website,
  { kind: "StatefulSet", name: "website" },
  { kind: "DaemonSet", name: "website" },
];

const rotateTo = async (place: Place, revision: number) => {
  await place.requestRotation(`request ${revision}`);
  return place.until(`revision ${revision} is ready`, (key) => isReady(key) && key.status?.revision === revision);
};
const looksAgain = async (place: Place): Promise<void> => {
  const calls = place.delivery.calls.length;
  await waitUntil(() => place.delivery.calls.length >= calls + 3, { what: "it looked again" });
};
const untilEvent = (place: Place, reason: string) =>
  waitUntil(async () => (await place.events()).find((event) => event.reason === reason), {
    what: `there is an event ${reason}`,
  });

describe("restartTargets", () => {
  test("of every kind are rolled out once for each revision, not for the first, and not when the reconciler restarts", async () => {
    const place = await createPlace(world);
    for (const target of allKinds) await createWorkload(place, target);
    const rollouts = () => Promise.all(allKinds.map(async (target) => rolloutOf(await getWorkload(place, target))));
    const three = (mark: string | undefined, generation: number) => allKinds.map(() => ({ mark, generation }));
    {
      await using _ = place.start();
      await place.apply({ restartTargets: [...allKinds] });
      const { status } = await place.untilReady();
      expect(status?.restartedRevision).toBe(1);
      expect(await rollouts()).toEqual(three(undefined, 1));
      const rotated = await rotateTo(place, 2);
      expect(rotated.status?.restartedRevision).toBe(2);
      expect(await rollouts()).toEqual(three(`${status?.keyId}/2`, 2));
      await looksAgain(place);
    }
    await using reconciler = place.start();
    await looksAgain(place);
    expect(await rollouts()).toEqual(three(expect.stringMatching(/\/2$/), 2));
    expect(reconciler.writes).toEqual([]);
    await untilEvent(place, "Restarted");
  });

  test("a mark that somebody takes away is not put back, and a list that changes restarts nothing", async () => {
    const place = await createPlace(world);
    await createWorkload(place, website);
    await using _ = place.start();
    await place.apply();
    await place.untilReady();
    await rotateTo(place, 2);
    const name = { namespace: place.namespace, name: "website" };
    await world.kube.mergePatch(ApiKeys, name, { spec: { restartTargets: [website] } });
    await place.until("the list is seen", ({ status }) => status?.restartedRevision === 2);
    expect(rolloutOf(await getWorkload(place, website))).toEqual({ mark: undefined, generation: 1 });
    await rotateTo(place, 3);
    const without = { spec: { template: { metadata: { annotations: { "restart.keys.itsy.dev/website": null } } } } };
    await world.kube.mergePatch(workloads.Deployment, name, without);
    await looksAgain(place);
    expect(rolloutOf(await getWorkload(place, website))).toEqual({ mark: undefined, generation: 3 });
  });

  test("a first secret restarts what was marked for an earlier key of the same name", async () => {
    const place = await createPlace(world);
    await createWorkload(place, website);
    await using _ = place.start();
    await place.apply({ restartTargets: [website] });
    await place.untilReady();
    await rotateTo(place, 2);
    await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
    await place.untilGone();
    await place.apply({ restartTargets: [website] });
    const { status } = await place.untilReady();
    expect(rolloutOf(await getWorkload(place, website))).toEqual({ mark: `${status?.keyId}/1`, generation: 3 });
  });

  test("one that does not exist is said as an event, and holds nothing up", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ restartTargets: [website] });
    await place.untilReady();
    const rotated = await rotateTo(place, 2);
    expect(rotated.status?.restartedRevision).toBe(2);
    expect((await untilEvent(place, "RestartTargetMissing")).note).toContain('Deployment "website"');
    expect((await place.events()).filter(({ reason }) => reason === "RestartTargetMissing")).toHaveLength(1);
  });

  test("a failure in between is tried again, and never rolls out twice", async () => {
    const place = await createPlace(world);
    for (const target of allKinds) await createWorkload(place, target);
    let fails = 2;
    await using _ = place.start({
      onEffect: (effect, phase) => {
        if (effect === "restart" && phase === "after" && fails > 0) {
          fails -= 1;
          throw new Error("the answer is lost");
        }
      },
    });
    await place.apply({ restartTargets: [...allKinds] });
    await place.untilReady();
    await rotateTo(place, 2);
    expect(fails).toBe(0);
    for (const target of allKinds) expect(rolloutOf(await getWorkload(place, target)).generation).toBe(2);
  });
});

describe("propagate: Prompt", () => {
  const byName = [{ name: "key", secret: { secretName: "website" } }];
  const projected = [{ name: "key", projected: { sources: [{ secret: { name: "website" } }] } }];
  const other = [{ name: "key", secret: { secretName: "other" } }];
  const markOf = async (place: Place, pod: string) =>
    (await getPod(place, pod))?.metadata.annotations?.["propagate.keys.itsy.dev/website"];

  test("touches the pods that mount the Secret, once for each revision, after the Secret", async () => {
    const place = await createPlace(world);
    await createPod(place, "by-name", byName);
    await createPod(place, "projected", projected);
    await createPod(place, "other", other);
    let publishedAt = 0;
    let touchedAt = 0;
    await using reconciler = place.start({
      onEffect: (effect, phase) => {
        if (effect === "publish" && phase === "after") publishedAt = performance.now();
        if (effect === "propagate" && phase === "before") touchedAt ||= performance.now();
      },
    });
    await place.apply({ propagate: "Prompt" });
    const { status } = await place.untilReady();
    expect(await markOf(place, "by-name")).toBeUndefined();
    const rotated = await rotateTo(place, 2);
    expect(rotated.status?.propagatedRevision).toBe(2);
    expect(await markOf(place, "by-name")).toBe(`${status?.keyId}/2`);
    expect(await markOf(place, "projected")).toBe(`${status?.keyId}/2`);
    expect(await markOf(place, "other")).toBeUndefined();
    expect(touchedAt - publishedAt).toBeGreaterThan(290);
    const reads = reconciler.reads.filter((read) => read.endsWith("/pods")).length;
    await looksAgain(place);
    expect(reconciler.reads.filter((read) => read.endsWith("/pods"))).toHaveLength(reads);
    expect(reads).toBe(1);
  });

  test("by default no pod is touched or read", async () => {
    const place = await createPlace(world);
    await createPod(place, "by-name", byName);
    await using reconciler = place.start();
    await place.apply();
    await place.untilReady();
    await rotateTo(place, 2);
    expect(await markOf(place, "by-name")).toBeUndefined();
    expect(reconciler.reads.filter((read) => read.includes("/pods"))).toEqual([]);
  });
});

test("an overlap that kubelets cannot follow is said as a warning, once, and the key is ready all the same", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  await place.apply({ rotation: { overlap: "4m59s" } });
  const apiKey = await place.untilReady();
  expect(conditionOf(apiKey, "Warning")).toMatchObject({
    status: "True",
    reason: "ShortOverlap",
    message: expect.stringContaining("60 to 90 s"),
  });
  await untilEvent(place, "ShortOverlap");
  await looksAgain(place);
  expect((await place.events()).filter(({ reason }) => reason === "ShortOverlap")).toHaveLength(1);
  const name = { namespace: place.namespace, name: "website" };
  await world.kube.mergePatch(ApiKeys, name, { spec: { rotation: { overlap: "5m" } } });
  await place.until("the warning is gone", (key) => conditionOf(key, "Warning") === undefined);
});
