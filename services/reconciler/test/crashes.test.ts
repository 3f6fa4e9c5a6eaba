import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiKey, ApiKeys } from "../src/api-key/resource.ts";
import type { RestartTarget } from "../src/api-key/schema/workloads.ts";
import { type EffectName, effectNames } from "../src/effects.ts";

import type { CrashPoint } from "./reconciler-process.ts";
import { createPod, createWorkload, getPod, getWorkload, rolloutOf } from "./workloads.ts";
import { createPlace, isReady, type Place, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const pointsOf = (...effects: EffectName[]): readonly CrashPoint[] =>
  effects.flatMap((effect) => [{ effect, phase: "before" } as const, { effect, phase: "after" } as const]);

const delivering = pointsOf("observe", "stage", "register", "publish", "confirm", "dropStaging", "reportStatus");
const rotating = [...delivering, ...pointsOf("propagate", "restart")];
const creating = [...pointsOf("addFinalizer"), ...delivering];
const deleting = pointsOf("observe", "dropTarget", "release", "removeFinalizer");
/** A declaration under which every side effect of a rotation happens, and what it needs. */
const deployment: RestartTarget = { kind: "Deployment", name: "website" };
const following: Partial<ApiKey["spec"]> = {
  rotation: { overlap: "0s" },
  propagate: "Prompt",
  restartTargets: [deployment],
};
const prepareWorkloads = async (place: Place): Promise<void> => {
  await createWorkload(place, deployment);
  await createPod(place, "website", [{ name: "key", secret: { secretName: "website" } }]);
};
const expectFollowedOnce = async (place: Place): Promise<void> => {
  const mark = expect.stringMatching(/\/2$/);
  expect(rolloutOf(await getWorkload(place, deployment))).toEqual({ mark, generation: 2 });
  const pod = await getPod(place, "website");
  expect(pod?.metadata.annotations).toEqual({ "propagate.keys.itsy.dev/website": mark });
};

const both = ["a reconciler that is started again", "another one that runs beside it"] as const;
const casesOf = (points: readonly CrashPoint[]) =>
  both.flatMap((help) => points.map(({ phase, effect }) => [`${phase} ${effect}`, help, { phase, effect }] as const));

/** Runs what is asked for against a reconciler that dies at the point, and against the one that takes over. */
const survive = async (
  place: Place,
  { point, help, ask }: { point: CrashPoint; help: (typeof both)[number]; ask: () => Promise<unknown> },
  check: () => Promise<void>,
): Promise<void> => {
  const isBeside = help === both[1];
  const dying = place.start({ crashAt: point });
  await ask();
  await using _ = isBeside ? place.start() : { [Symbol.asyncDispose]: async () => {} };
  if (!isBeside) await dying.died;
  await using __ = place.start();
  await check();
  await dying[Symbol.asyncDispose]();
  // Nothing that was under way changes the end.
  await check();
};

const expectOneWorkingKey = async (place: Place, revision: number): Promise<void> => {
  await place.until(`revision ${revision} is ready`, (key) => isReady(key) && key.status?.revision === revision);
  const value = valueOf(await place.secret()) as string;
  expect(place.delivery.verify(value)).toBe(true);
  expect(place.delivery.keys.filter(({ revoked }) => !revoked)).toHaveLength(1);
  expect(place.delivery.workingVersions()).toHaveLength(1);
  expect((await place.secrets()).map(({ metadata }) => metadata.name)).toEqual(["website"]);
};

describe("killed while it creates, helped by", () => {
  test.each(casesOf(creating))("%s, %s: one key, one version, nothing left over", async (_name, help, point) => {
    const place = await createPlace(world);
    const ask = () => place.apply({ rotation: { overlap: "0s" } });
    await survive(place, { point, help, ask }, () => expectOneWorkingKey(place, 1));
  });
});

describe("killed while it rotates, helped by", () => {
  test.each(casesOf(rotating))("%s, %s: rotated exactly once", async (_name, help, point) => {
    const place = await createPlace(world);
    await prepareWorkloads(place);
    await place.apply(following);
    {
      await using _ = place.start();
      await place.untilReady();
    }
    const ask = () => place.requestRotation("now");
    await survive(place, { point, help, ask }, async () => {
      await expectOneWorkingKey(place, 2);
      await expectFollowedOnce(place);
    });
    expect(place.delivery.keys[0]?.latestRevision).toBe(2);
    expect((await place.get())?.status?.lastHandledRotateRequest).toBe("now");
  });
});

const changing = pointsOf("observe", "recordNames", "move", "dropTarget", "rewrite", "reportStatus");

describe("killed while it renames the Secret and changes what is in it, helped by", () => {
  test.each(casesOf(changing))("%s, %s: the same value, under the new name only", async (_name, help, point) => {
    const place = await createPlace(world);
    await place.apply({ rotation: { overlap: "0s" } });
    {
      await using _ = place.start();
      await place.untilReady();
    }
    const value = valueOf(await place.secret());
    const name = { namespace: place.namespace, name: "website" };
    // The template comes after the name, so that the one is written anew and not made with the other.
    const ask = async () => {
      await world.kube.mergePatch(ApiKeys, name, { spec: { secret: { name: "renamed" } } });
      await place.until("it is renamed", ({ status }) => status?.binding?.name === "renamed").catch(() => {});
      await world.kube.mergePatch(ApiKeys, name, { spec: { secret: { template: { copy: "{{ .secret }}" } } } });
    };
    const asked = ask();
    await survive(place, { point, help, ask: async () => {} }, async () => {
      await asked;
      await waitUntil(async () => valueOf(await place.secret("renamed"), "copy") === value, { what: "it is written" });
      await place.until("it is ready", (key) => isReady(key) && key.status?.observedGeneration === 3);
      await waitUntil(async () => (await place.secrets()).length === 1, { what: "the former one is gone" });
      expect(valueOf(await place.secret("renamed"))).toBe(value);
      expect(place.delivery.workingVersions()).toHaveLength(1);
      expect(place.delivery.keys[0]?.latestRevision).toBe(1);
    });
  });
});

const unused = { idleFor: "1m", atMost: "24h" };

/** The version before, which nobody uses, ends long before its time. */
const expectRetired = async (place: Place): Promise<void> => {
  place.delivery.advance(61_000);
  await waitUntil(() => place.delivery.workingVersions().length === 1, {
    what: "the version before has ended",
    timeoutMs: 20_000,
  });
  await place.until("it says so", ({ status }) => status?.retiringUntil === undefined);
};

describe("killed while it ends a version that nobody uses, helped by", () => {
  const retiring = pointsOf("retire", "reportStatus");
  test.each(casesOf(retiring))("%s, %s: only that one has ended", async (_name, help, point) => {
    const place = await createPlace(world);
    await place.apply({ rotation: { overlap: "0s", retireWhenUnused: unused } });
    {
      await using _ = place.start();
      await place.untilReady();
      await place.requestRotation("now");
      await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    }
    place.delivery.advance(61_000);
    await survive(place, { point, help, ask: async () => {} }, async () => {
      await expectRetired(place);
      expect(place.delivery.verify(valueOf(await place.secret()) as string)).toBe(true);
    });
  });
});

describe("killed while it deletes, helped by", () => {
  test.each(casesOf(deleting))("%s, %s: key revoked, nothing left over", async (_name, help, point) => {
    const place = await createPlace(world);
    await place.apply();
    {
      await using _ = place.start();
      await place.untilReady();
    }
    const ask = () => world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
    await survive(place, { point, help, ask }, async () => {
      await place.untilGone();
    });
    expect(await place.secrets()).toEqual([]);
    expect(place.delivery.workingVersions()).toEqual([]);
  });
});

describe("one answer lost", () => {
  const notInEveryLife = new Set<EffectName>(["adopt", "takeOver"]);
  const lossy = effectNames.filter((name) => !notInEveryLife.has(name));
  test.each(lossy)("of %s: the same end over a whole life", async (lost) => {
    const place = await createPlace(world);
    let isLost = false;
    await using _ = place.start({
      onEffect: (name, phase) => {
        if (isLost || name !== lost || phase !== "after") return;
        isLost = true;
        throw new Error("the answer is lost");
      },
    });
    await prepareWorkloads(place);
    await place.apply(following);
    await expectOneWorkingKey(place, 1);
    await place.requestRotation("now");
    await expectOneWorkingKey(place, 2);
    await expectFollowedOnce(place);
    const name = { namespace: place.namespace, name: "website" };
    await world.kube.mergePatch(ApiKeys, name, { spec: { secret: { name: "renamed" } } });
    await place.until("it is renamed", (key) => isReady(key) && key.status?.binding?.name === "renamed");
    await world.kube.mergePatch(ApiKeys, name, { spec: { secret: { template: { copy: "{{ .secret }}" } } } });
    await waitUntil(async () => valueOf(await place.secret("renamed"), "copy") !== null, { what: "it is written" });
    const spec = { displayName: "Another", rotation: { retireWhenUnused: unused } };
    await world.kube.mergePatch(ApiKeys, name, { spec });
    await place.requestRotation("again");
    await place.until("revision 3 is ready", (key) => isReady(key) && key.status?.revision === 3);
    await expectRetired(place);
    await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
    await place.untilGone();
    // Of the last write of all, the ApiKey is gone before the answer comes.
    await waitUntil(() => isLost, { what: "an answer was lost" });
    expect(await place.secrets()).toEqual([]);
    expect(place.delivery.workingVersions()).toEqual([]);
  });
});
