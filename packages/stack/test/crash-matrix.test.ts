import { effectNames } from "@itsy/reconciler/effects";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { besidePoints, strikeBeside } from "./faults/beside.ts";
import { chosenBeside, chosenPoints } from "./faults/chosen-points.ts";
import { type Aftermath, findAllPoints, strikeAll } from "./faults/matrix.ts";
import { createPlaces } from "./faults/place.ts";
import type { Place } from "./faults/scenario.ts";
import { scenarios } from "./faults/scenarios.ts";
import { startWorld } from "./world/world.ts";

// Before the tests, since they are made of what is found.
const world = await startWorld();
afterAll(() => world[Symbol.asyncDispose]());
const found = await findAllPoints(world, scenarios);
/** All of it takes a quarter of an hour: `pnpm crash-matrix`. */
const isWhole = process.env["CRASH_MATRIX"] === "whole";

describe.each(isWhole ? found : chosenPoints(found))(
  "struck while $scenario.name, then two go on",
  ({ scenario, points }) => {
    let aftermath: Aftermath;
    beforeAll(async () => {
      aftermath = await strikeAll(world, scenario, points);
    }, 300_000);
    afterAll(() => aftermath[Symbol.asyncDispose]());

    test.concurrent.each(points)("%s: the same end, and what could be read worked at every moment", (point) =>
      aftermath.expectSameEnd(point),
    );
  },
);

const beside = found
  .map(({ scenario, points }) => ({ scenario, points: besidePoints(scenario, points) }))
  .filter(({ points }) => points.length > 0);

describe.each(isWhole ? beside : chosenBeside(beside))(
  "two at once while $scenario.name, one of them struck",
  ({ scenario, points }) => {
    let places: readonly Place[] = [];
    beforeAll(async () => {
      places = await createPlaces(world, scenario, points.length);
    });
    test.concurrent.each(points)("%s: the same end, and what could be read worked at every moment", (point) =>
      strikeBeside(scenario, places[points.indexOf(point)] as Place, point),
    );
  },
);

test("two at once go through all that brings and takes values", () => {
  expect(beside.map(({ scenario }) => scenario.name)).toEqual(["creating", "rotating", "deleting"]);
  const effects = beside.flatMap(({ points }) => points.map((point) => point.split(":")[1]));
  expect(new Set(effects)).toEqual(
    new Set([
      ...["addFinalizer", "stage", "register", "publish", "confirm", "dropStaging", "reportStatus"],
      ...["dropTarget", "release", "removeFinalizer"],
    ]),
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
