import fc from "fast-check";
import { expect, test } from "vitest";
import { aConfigMap } from "../test/objects.ts";
import type { ConfigMap } from "./resources.ts";
import { createStore } from "./store.ts";

const byTeam = {
  team: ({ metadata }: ConfigMap) => (metadata.labels?.["team"] === undefined ? [] : [metadata.labels["team"]]),
};

test("an object that was deleted and made again under its name is a deletion and an addition", () => {
  const store = createStore<ConfigMap>();
  const old = aConfigMap({ name: "a" });
  const object = aConfigMap({ name: "a" });
  store.put(old);
  expect(store.put(object)).toEqual([
    { type: "deleted", old },
    { type: "added", object },
  ]);
});

test("the same resourceVersion twice is no change", () => {
  const store = createStore<ConfigMap>();
  const object = aConfigMap();
  store.put(object);
  expect(store.put({ ...object })).toEqual([]);
});

test("an index that nobody declared is a mistake and not an empty answer", () => {
  expect(() => createStore<ConfigMap>().byIndex("team", "x")).toThrow(TypeError);
});

const anObject = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  namespace: fc.constantFrom("x", "y"),
  uid: fc.constantFrom("1", "2"),
  team: fc.constantFrom("red", "blue"),
});
type Step = { readonly put?: { name: string; namespace: string; uid: string; team: string }; readonly remove?: string };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ put: anObject }),
  fc.record({ remove: fc.constantFrom("a", "b", "c", "d") }),
);

test("after any changes every index agrees with the objects, and the deltas tell the whole story", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = createStore<ConfigMap>({ indexes: byTeam });
      const told = new Map<string, ConfigMap>();
      for (const { put, remove } of steps) {
        const deltas =
          put === undefined
            ? store.remove({ namespace: "x", name: remove ?? "" })
            : store.put(aConfigMap({ ...put, labels: { team: put.team } }));
        for (const delta of deltas) {
          const { namespace, name } = (delta.type === "deleted" ? delta.old : delta.object).metadata;
          if (delta.type === "deleted") told.delete(`${namespace}/${name}`);
          else told.set(`${namespace}/${name}`, delta.object);
        }
      }
      const all = store.list();
      expect(new Set(told.values())).toEqual(new Set(all));
      for (const team of ["red", "blue"])
        expect(new Set(store.byIndex("team", team))).toEqual(
          new Set(all.filter(({ metadata }) => metadata.labels?.["team"] === team)),
        );
      for (const namespace of ["x", "y"])
        expect(new Set(store.list(namespace))).toEqual(
          new Set(all.filter(({ metadata }) => metadata.namespace === namespace)),
        );
    }),
  );
});
