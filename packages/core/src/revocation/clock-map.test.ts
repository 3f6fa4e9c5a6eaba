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
