import fc from "fast-check";
import { expect, test } from "vitest";

import { anApiKeyMadeAt } from "../../test/api-key-made-at.ts";
import { isOlder } from "../grant/claims.ts";
import type { StoredApiKey } from "./resource.ts";
import { createRivals } from "./rivals.ts";

const anApiKey = (at: number, target = "shared"): StoredApiKey => anApiKeyMadeAt(at, { secret: { name: target } });
const named = (at: number) => ({ namespace: "shop", name: `key-${at}` });

const createLine = (length: number) => {
  const rivals = createRivals();
  for (let at = 0; at < length; at += 1) rivals.apply({ type: "added", object: anApiKey(at) });
  return rivals;
};

test("each waits for the one before it, and the first for nobody", () => {
  const rivals = createLine(3);
  expect([0, 1, 2].map((at) => rivals.olderRivalOf(anApiKey(at)))).toEqual([null, "key-0", "key-1"]);
  expect(rivals.olderRivalOf(anApiKey(3, "other"))).toBeNull();
});

test("who goes, or wants another Secret, wakes the first in line and the one behind it; other changes wake nobody", () => {
  const rivals = createLine(6);
  const applied = (delta: Parameters<typeof rivals.apply>[0]) => {
    rivals.apply(delta);
    return rivals.movedUp(delta);
  };
  expect(applied({ type: "added", object: anApiKey(6) })).toEqual([]);
  expect(applied({ type: "updated", object: anApiKey(0), old: anApiKey(0) })).toEqual([]);
  expect(applied({ type: "deleted", old: anApiKey(0) })).toEqual([named(1)]);
  expect(applied({ type: "deleted", old: anApiKey(3) })).toEqual([named(1), named(4)]);
  expect(applied({ type: "updated", object: anApiKey(4, "other"), old: anApiKey(4) })).toEqual([named(1), named(5)]);
  expect(applied({ type: "deleted", old: anApiKey(4, "other") })).toEqual([]);
});

test("however ApiKeys come, change and go, whoever waited for one that left the line is woken", () => {
  const steps = fc.array(fc.record({ at: fc.integer({ min: 0, max: 6 }), target: fc.constantFrom("a", "b", null) }), {
    maxLength: 40,
  });
  const deltaOf = (old: StoredApiKey | undefined, object: StoredApiKey | null) => {
    if (object === null) return old === undefined ? null : ({ type: "deleted", old } as const);
    return old === undefined ? ({ type: "added", object } as const) : ({ type: "updated", object, old } as const);
  };
  fc.assert(
    fc.property(steps, (plan) => {
      const rivals = createRivals();
      const known = new Map<string, StoredApiKey>();
      for (const { at, target } of plan) {
        const changed = `key-${at}`;
        const object = target === null ? null : anApiKey(at, target);
        const waited = [...known.values()].filter((one) => rivals.olderRivalOf(one) === changed);
        const delta = deltaOf(known.get(changed), object);
        if (delta === null) continue;
        if (object === null) known.delete(changed);
        else known.set(changed, object);
        rivals.apply(delta);
        const woken = new Set(rivals.movedUp(delta).map(({ name }) => name));
        for (const one of waited) expect(woken.has(one.metadata.name)).toBe(rivals.olderRivalOf(one) !== changed);
      }
    }),
  );
});

test("2,000 that want one Secret: a few comparisons for each question, and two wake-ups at most for each that goes", () => {
  const N = 2_000;
  let comparisons = 0;
  const rivals = createRivals({
    isOlder: (a, b) => {
      comparisons += 1;
      return isOlder(a, b);
    },
  });
  let woken = 0;
  const apiKeys = Array.from({ length: N }, (_, at) => anApiKey(at));
  for (const object of apiKeys) rivals.apply({ type: "added", object });
  for (const apiKey of apiKeys) rivals.olderRivalOf(apiKey);
  for (const old of apiKeys) {
    rivals.apply({ type: "deleted", old });
    woken += rivals.movedUp({ type: "deleted", old }).length;
  }
  expect(comparisons / N).toBeLessThan(4 * Math.ceil(Math.log2(N)));
  expect(woken).toBeLessThanOrEqual(2 * N);
});
