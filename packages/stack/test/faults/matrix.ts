import { waitUntil } from "@itsy/testbed";
import { expect } from "vitest";

import { ApiKeys } from "../../src/api-key.ts";
import { type Probe, startProbe } from "../world/probe.ts";
import type { World } from "../world/world.ts";
import { createPlaces } from "./place.ts";
import { effectsOf, startAnother, untilStruck } from "./reconcilers.ts";
import type { Place, Scenario } from "./scenario.ts";

const faults = ["before", "after", "lost"] as const;
const AT_ONCE_MAX = 3;

/**
 * Every point of the scenario at which something can go wrong, as `ITSY_FAULT_AT` takes it: found by a run in which
 * nothing does. A new side effect is among them by itself.
 */
const findPoints = async (world: World, scenario: Scenario): Promise<readonly string[]> => {
  const [place] = (await createPlaces(world, scenario, 1)) as [Place];
  await scenario.ask(place);
  const reconciler = await startAnother(world, "traced", {
    WATCH_NAMESPACE: place.tenant.namespace,
    LOG_LEVEL: "trace",
  });
  {
    await using _ = reconciler;
    await scenario.expectDone(place);
  }
  const seen = new Map<string, number>();
  const effects = effectsOf(reconciler)
    .filter((effect) => effect !== "observe")
    .map((effect) => {
      const occurrence = (seen.get(effect) ?? 0) + 1;
      seen.set(effect, occurrence);
      return occurrence === 1 ? effect : `${effect}:${occurrence}`;
    });
  return effects.flatMap((effect) => faults.map((fault) => `${fault}:${effect}`));
};

export const findAllPoints = async (world: World, scenarios: readonly Scenario[]) => {
  const found = scenarios.map((scenario) => ({ scenario, points: [] as readonly string[] }));
  const waiting = found.values();
  const findNext = async () => {
    for (const one of waiting) one.points = await findPoints(world, one.scenario);
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, findNext));
  return found;
};

/** Runs a reconciler until the fault has happened to it. */
const strike = async ({ world, tenant }: Place, point: string): Promise<void> => {
  await using struck = await startAnother(world, "struck", {
    WATCH_NAMESPACE: tenant.namespace,
    ITSY_FAULT_AT: point,
    LOG_LEVEL: "trace",
  });
  await untilStruck(struck, point);
};

export interface Aftermath extends AsyncDisposable {
  /** Waits for the end at this point's place, and looks whether it is the one that it should be. */
  expectSameEnd(point: string): Promise<void>;
}

/**
 * Lets each fault happen at a place of its own, while the value there is read and verified all the time; then two
 * reconcilers at once go on everywhere.
 */
export const strikeAll = async (world: World, scenario: Scenario, points: readonly string[]): Promise<Aftermath> => {
  await using owned = new AsyncDisposableStack();
  const places = await createPlaces(world, scenario, points.length);
  const struck = new Map<string, { readonly place: Place; readonly probe: Probe }>();
  const waiting = points.entries();
  const strikeNext = async () => {
    for (const [at, point] of waiting) {
      const place = places[at] as Place;
      const except = scenario.endsValue ? (place.before.value ?? undefined) : undefined;
      const probe = owned.use(startProbe(place.tenant, place.name, { everyMs: 50, except }));
      struck.set(point, { place, probe });
      await scenario.ask(place);
      await strike(place, point);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, strikeNext));
  for (const name of ["one", "two"]) owned.use(await startAnother(world, name));
  owned.defer(async () => {
    for (const { name } of places) await world.cluster.client.delete(ApiKeys, name);
  });

  const all = owned.move();
  return {
    expectSameEnd: async (point) => {
      const { place, probe } = struck.get(point) as { place: Place; probe: Probe };
      await scenario.expectDone(place);
      const { rounds } = probe;
      await waitUntil(() => probe.rounds > rounds + 1, { what: "what is readable in the end was verified too" });
      expect(probe.broken).toEqual([]);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
};
