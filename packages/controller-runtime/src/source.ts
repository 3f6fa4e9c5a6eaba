import type { KubeObject, Stored } from "./kube-object.ts";
import { formatName, nameOf, type ObjectName } from "./object-name.ts";
import type { Reflector } from "./reflector.ts";
import type { Delta } from "./store.ts";

/** Where work comes from: the objects of a reflector. (Methods, so that sources of different types fit one list.) */
export interface Source<T extends KubeObject> {
  readonly reflector: Reflector<T>;
  /** Whose work an object is; for an update, asked about the old and the new one. Default: the object's own name. */
  toNames?(object: Stored<T>): readonly ObjectName[];
  /** Changes for which it says false cause no work. */
  predicate?(delta: Delta<Stored<T>>): boolean;
}

const objectsOf = <T>(delta: Delta<T>): readonly T[] => {
  if (delta.type === "updated") return [delta.object, delta.old];
  return [delta.type === "added" ? delta.object : delta.old];
};

const feed = (source: Source<KubeObject>, add: (key: string) => void): (() => void) =>
  source.reflector.subscribe((delta) => {
    if (source.predicate?.(delta) === false) return;
    const names = objectsOf(delta).flatMap((object) => source.toNames?.(object) ?? [nameOf(object)]);
    // Each once: an idle worker takes the first at once, and the second would be work of its own.
    for (const key of new Set(names.map(formatName))) add(key);
  });

/**
 * Calls `changed` for the name of every change, until the returned function is called; first `known`, once for each name
 * that the sources have already, whichever of them has it.
 */
export const feedFrom = (
  sources: readonly Source<KubeObject>[],
  { known, changed }: { readonly known: (key: string) => void; readonly changed: (key: string) => void },
): (() => void) => {
  const first = new Set<string>();
  // A subscription tells at once of everything that is there.
  let add = (key: string): void => void first.add(key);
  const unsubscribe = sources.map((source) => feed(source, (key) => add(key)));
  add = changed;
  for (const key of first) known(key);
  return () => {
    for (const stop of unsubscribe) stop();
  };
};
