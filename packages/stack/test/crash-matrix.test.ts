import { Secrets } from "@itsy/controller-runtime";
import { effectNames } from "@itsy/reconciler/effects";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { waitUntilReady } from "../src/api-key.ts";
import { type Aftermath, findAllPoints, strikeAll } from "./faults/matrix.ts";
import { startAnother } from "./faults/reconcilers.ts";
import { scenarios } from "./faults/scenarios.ts";
import { storedKeys } from "./world/stored-versions.ts";
import { createTenant } from "./world/tenant.ts";
import { startWorld } from "./world/world.ts";

// Before the tests, since they are made of what is found.
const world = await startWorld();
afterAll(() => world[Symbol.asyncDispose]());
const found = await findAllPoints(world, scenarios);

describe.each(found)("struck while $scenario.name, then two go on", ({ scenario, points }) => {
  let aftermath: Aftermath;
  beforeAll(async () => {
    aftermath = await strikeAll(world, scenario, points);
  }, 300_000);
  afterAll(() => aftermath[Symbol.asyncDispose]());

  test.concurrent.each(points)("%s: the same end, and what could be read worked at every moment", (point) =>
    aftermath.expectSameEnd(point),
  );
});

const [{ scenario: creating, points: pointsOfCreating } = { scenario: undefined, points: [] }] = found;

describe.concurrent("two at once, one of them killed", () => {
  test.each(pointsOfCreating.filter((point) => /^(before|after):(?!create events)/.test(point)))(
    "%s",
    async (point) => {
      const tenant = await createTenant(world);
      const env = { WATCH_NAMESPACE: tenant.namespace };
      await using struck = await startAnother(world, "struck", { ...env, ITSY_FAULT_AT: point });
      await using other = await startAnother(world, "other", env);
      await Promise.all([struck, other].map((program) => program.logged("serving /healthz, /readyz and /metrics")));
      const names = await Promise.all([1, 2, 3, 4].map(() => tenant.apply(creating?.spec)));
      for (const name of names) await waitUntilReady(world.cluster.client, name);
      const secrets = async () => (await world.cluster.client.listPage(Secrets, { namespace: tenant.namespace })).items;
      await waitUntil(async () => (await secrets()).length === names.length, {
        what: "only the target Secrets are left",
        timeoutMs: 30_000,
      });
      for (const name of names) {
        const stored = storedKeys(world, name.name);
        expect(stored).toEqual([{ id: expect.any(String), revokedAt: null, validVersions: 1 }]);
        expect(await tenant.verifyValue(name)).toMatchObject({ valid: true, keyId: stored[0]?.id });
      }
    },
  );
});

test("the matrix knows the effects of the protocol", () => {
  const effectsOf = (name: string) => {
    const points = found.find(({ scenario }) => scenario.name === name)?.points ?? [];
    return points.filter((point) => point.startsWith("after:")).map((point) => point.slice("after:".length));
  };
  expect(effectsOf("creating")).toEqual(
    expect.arrayContaining(["addFinalizer", "stage", "register", "publish", "confirm", "dropStaging", "reportStatus"]),
  );
  expect(effectsOf("deleting")).toEqual(expect.arrayContaining(["dropTarget", "release", "removeFinalizer"]));
});

test("there is a scenario for every effect", () => {
  const points = found.flatMap((one) => one.points);
  const seen = new Set(points.filter((point) => point.startsWith("after:")).map((point) => point.split(":")[1]));
  const onlyReads = new Set<string>(["observe"]);
  expect(effectNames.filter((name) => !seen.has(name) && !onlyReads.has(name))).toEqual([]);
});
