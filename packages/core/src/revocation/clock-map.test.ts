import fc from "fast-check";
import { expect, test } from "vitest";

import { createClockMap } from "./clock-map.ts";

test("it never holds more than it may, says what gave way, and otherwise is a Map", () => {
  const step = fc.record({
    do: fc.constantFrom("set", "get", "delete", "clear"),
    key: fc.nat({ max: 8 }),
    value: fc.nat(),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 80 }), (entriesMax, steps) => {
      const model = new Map<string, number>();
      const map = createClockMap<number>({
        entriesMax,
        onGone: (key, value) => {
          expect(model.get(key)).toBe(value);
          model.delete(key);
        },
      });
      for (const taken of steps) {
        const key = `k${taken.key}`;
        if (taken.do === "set") {
          map.set(key, taken.value);
          model.set(key, taken.value);
        } else if (taken.do === "delete") {
          map.delete(key);
          model.delete(key);
        } else if (taken.do === "clear" && taken.key === 0) {
          map.clear();
          model.clear();
        } else expect(map.get(key)).toBe(model.get(key));
        expect(map.size).toBe(model.size);
        expect(map.size).toBeLessThanOrEqual(entriesMax);
        for (const [known, value] of model) expect(map.peek(known)).toBe(value);
      }
    }),
  );
});

test("what was used since the hand came by is spared", () => {
  const gone: string[] = [];
  const map = createClockMap<number>({ entriesMax: 3, onGone: (key) => gone.push(key) });
  for (const key of ["a", "b", "c"]) map.set(key, 1);
  map.get("a");
  map.set("d", 1);
  map.get("a");
  map.set("e", 1);
  expect(gone).toEqual(["b", "c"]);
});

test("its entries never weigh more together than they may, but for one that is too heavy alone", () => {
  const step = fc.record({
    do: fc.constantFrom("set", "set", "get", "delete", "clear"),
    key: fc.nat({ max: 8 }),
    weight: fc.nat({ max: 12 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 80 }), (entriesMax, steps) => {
      const model = new Map<string, number>();
      const map = createClockMap<number>({
        entriesMax,
        weightMax: 10,
        weigh: (weight) => weight,
        onGone: (key, weight) => {
          expect(model.get(key)).toBe(weight);
          model.delete(key);
        },
      });
      for (const taken of steps) {
        const key = `k${taken.key}`;
        if (taken.do === "set") {
          map.set(key, taken.weight);
          model.set(key, taken.weight);
          expect(map.peek(key)).toBe(taken.weight);
        } else if (taken.do === "delete") {
          map.delete(key);
          model.delete(key);
        } else if (taken.do === "clear" && taken.key === 0) {
          map.clear();
          model.clear();
        } else expect(map.get(key)).toBe(model.get(key));
        const weights = [...model.values()];
        expect(map.size).toBe(model.size);
        expect(map.size).toBeLessThanOrEqual(entriesMax);
        expect(map.weight).toBe(weights.reduce((sum, weight) => sum + weight, 0));
        if (weights.length > 1) expect(map.weight).toBeLessThanOrEqual(10);
        for (const [known, weight] of model) expect(map.peek(known)).toBe(weight);
      }
    }),
  );
});

test("a heavy entry takes the room of as many light ones as it must, those that were not used first", () => {
  const gone: string[] = [];
  const map = createClockMap<number>({
    entriesMax: 10,
    weightMax: 5,
    weigh: (weight) => weight,
    onGone: (key) => gone.push(key),
  });
  for (const key of ["a", "b", "c", "d", "e"]) map.set(key, 1);
  map.get("a");
  map.get("c");
  map.set("heavy", 3);
  expect(gone).toEqual(["b", "d", "e"]);
  map.set("f", 1);
  expect(gone).toEqual(["b", "d", "e", "a"]);
  // What is there already gives way to nothing of its own.
  map.set("heavy", 5);
  expect([map.size, map.weight, map.get("heavy")]).toEqual([1, 5, 5]);
});
