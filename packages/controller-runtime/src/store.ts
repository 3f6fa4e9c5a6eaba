import type { KubeObject, Stored } from "./kube-object.ts";
import { formatName, nameOf, type ObjectName } from "./object-name.ts";

/** A change of the store. An object that was deleted and made again under its name is two deltas. */
export type Delta<T> =
  | { readonly type: "added"; readonly object: T }
  | { readonly type: "updated"; readonly object: T; readonly old: T }
  | { readonly type: "deleted"; readonly old: T };

/** The values under which an index finds an object. */
export type IndexFunction<T extends KubeObject> = (object: Stored<T>) => readonly string[];

/** What is known of one resource, for readers. Objects are shared: do not change them. */
export interface Store<T extends KubeObject> {
  readonly size: number;
  get(name: ObjectName): Stored<T> | null;
  /** All objects, or those of one namespace. */
  list(namespace?: string): readonly Stored<T>[];
  /** Throws on an index that was not declared. */
  byIndex(index: string, value: string): readonly Stored<T>[];
}

export interface WritableStore<T extends KubeObject> extends Store<T> {
  /** No delta when this very resourceVersion is there already. */
  put(object: Stored<T>): readonly Delta<Stored<T>>[];
  remove(name: ObjectName): readonly Delta<Stored<T>>[];
  /** Makes the store equal to a fresh list. */
  replace(objects: readonly Stored<T>[]): readonly Delta<Stored<T>>[];
}

interface Index<T extends KubeObject> {
  readonly valuesOf: IndexFunction<T>;
  readonly keysByValue: Map<string, Set<string>>;
}

const namespaceIndex = "namespace";

const forgetIn = <T extends KubeObject>(index: Index<T>, key: string, object: Stored<T>): void => {
  for (const value of index.valuesOf(object)) {
    const keys = index.keysByValue.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keysByValue.delete(value);
  }
};

const rememberIn = <T extends KubeObject>(index: Index<T>, key: string, object: Stored<T>): void => {
  for (const value of index.valuesOf(object)) {
    const keys = index.keysByValue.get(value);
    if (keys === undefined) index.keysByValue.set(value, new Set([key]));
    else keys.add(key);
  }
};

/** Objects by name, and by the declared indexes; `namespace` is always one. */
export const createStore = <T extends KubeObject>(
  options: { readonly indexes?: Readonly<Record<string, IndexFunction<T>>> } = {},
): WritableStore<T> => {
  const objects = new Map<string, Stored<T>>();
  const indexes = new Map<string, Index<T>>();
  const declared: Readonly<Record<string, IndexFunction<T>>> = {
    ...options.indexes,
    [namespaceIndex]: ({ metadata }) => [metadata.namespace ?? ""],
  };
  for (const [name, valuesOf] of Object.entries(declared)) indexes.set(name, { valuesOf, keysByValue: new Map() });

  const put = (object: Stored<T>): readonly Delta<Stored<T>>[] => {
    const key = formatName(nameOf(object));
    const old = objects.get(key);
    if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    for (const index of indexes.values()) {
      if (old !== undefined) forgetIn(index, key, old);
      rememberIn(index, key, object);
    }
    objects.set(key, object);
    if (old === undefined) return [{ type: "added", object }];
    if (old.metadata.uid === object.metadata.uid) return [{ type: "updated", object, old }];
    return [
      { type: "deleted", old },
      { type: "added", object },
    ];
  };

  const removeKey = (key: string): readonly Delta<Stored<T>>[] => {
    const old = objects.get(key);
    if (old === undefined) return [];
    for (const index of indexes.values()) forgetIn(index, key, old);
    objects.delete(key);
    return [{ type: "deleted", old }];
  };

  const byIndex = (name: string, value: string): readonly Stored<T>[] => {
    const index = indexes.get(name);
    if (index === undefined) throw new TypeError(`The store has no index "${name}".`);
    return [...(index.keysByValue.get(value) ?? [])].flatMap((key) => objects.get(key) ?? []);
  };

  return Object.freeze({
    get size() {
      return objects.size;
    },
    get: (name: ObjectName) => objects.get(formatName(name)) ?? null,
    list: (namespace?: string) =>
      namespace === undefined ? [...objects.values()] : byIndex(namespaceIndex, namespace),
    byIndex,
    put,
    remove: (name: ObjectName) => removeKey(formatName(name)),
    replace: (fresh: readonly Stored<T>[]) => {
      const kept = new Set(fresh.map((object) => formatName(nameOf(object))));
      const gone = [...objects.keys()].filter((key) => !kept.has(key));
      return [...gone.flatMap(removeKey), ...fresh.flatMap(put)];
    },
  });
};
