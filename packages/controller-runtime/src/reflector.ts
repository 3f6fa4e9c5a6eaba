import { contained } from "./contained.ts";
import type { KubeObject, Stored } from "./kube-object.ts";
import { createLatch } from "./latch.ts";
import { defaultInactivityMs, type ListAndWatchOptions, listAndWatch, type WatchChange } from "./list-and-watch.ts";
import { nameOf } from "./object-name.ts";
import type { ResourceType } from "./resource-type.ts";
import { createStore, type Delta, type IndexFunction, type Store } from "./store.ts";
import { systemTimers } from "./timers.ts";

/** Told of one change of the store, in order. What it throws goes to `onError` and stops nothing. */
export type DeltaHandler<T extends KubeObject> = (delta: Delta<Stored<T>>) => void;

export interface ReflectorHealth {
  /** Since the last sign of life: a list, a watch event, a bookmark, an end, a failure. 0 while it does not run. */
  readonly silentMs: number;
  /** Longer than any wait, request or silent watch: beyond it the reflector itself is stuck. */
  readonly silentMaxMs: number;
}

export interface Reflector<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly store: Store<T>;
  /** True from the first complete list on. */
  readonly hasSynced: boolean;
  health(): ReflectorHealth;
  /** Resolves at the first complete list, or when the signal aborts. */
  synced(signal: AbortSignal): Promise<void>;
  /** The handler first gets an `added` for each object that is known already. Returns how to unsubscribe. */
  subscribe(handler: DeltaHandler<T>): () => void;
  /** Lists and watches until the signal aborts; when it resolves no request is left. Never rejects. Call it once. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ReflectorOptions<T extends KubeObject>
  extends Omit<ListAndWatchOptions<T>, "onList" | "onChange" | "onSign"> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What of an object is kept. Default: all but `metadata.managedFields`, which is often half of it. */
  readonly keep?: (object: Stored<T>) => Stored<T>;
}

/** A request that times out (30 s) and the longest wait after it (30 s). */
const longestPauseMs = 60_000;

const withoutManagedFields = <T extends KubeObject>(object: Stored<T>): Stored<T> => {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};

/** Keeps a store equal to what the API server has, and tells of every change. */
export const createReflector = <T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> => {
  const { keep = withoutManagedFields, indexes, timers = systemTimers, inactivityMs = defaultInactivityMs } = options;
  const onError = contained(options.onError ?? (() => {}));
  const store = createStore<T>(indexes === undefined ? {} : { indexes });
  const handlers = new Set<DeltaHandler<T>>();
  const sync = createLatch();
  let lastSignMs: number | null = null;

  const onSign = (): void => {
    lastSignMs = timers.monotonicMs();
  };

  const tell = (handler: DeltaHandler<T>, delta: Delta<Stored<T>>): void => contained(handler, onError)(delta);

  const publish = (deltas: readonly Delta<Stored<T>>[]): void => {
    // Who subscribes meanwhile is told by `subscribe`.
    const subscribed = [...handlers];
    for (const delta of deltas) for (const handler of subscribed) tell(handler, delta);
  };

  const onList = (objects: readonly Stored<T>[]): void => {
    publish(store.replace(objects.map(keep)));
    sync.open();
  };

  const onChange = ({ type, object }: WatchChange<T>): void =>
    publish(type === "DELETED" ? store.remove(nameOf(object)) : store.put(keep(object)));

  return Object.freeze({
    type: options.type,
    store,
    get hasSynced() {
      return sync.isOpen;
    },
    synced: (signal: AbortSignal) => sync.opened(signal),
    subscribe: (handler: DeltaHandler<T>) => {
      for (const object of store.list()) tell(handler, { type: "added", object });
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    health: () => ({
      silentMs: lastSignMs === null ? 0 : timers.monotonicMs() - lastSignMs,
      silentMaxMs: 2 * inactivityMs + longestPauseMs,
    }),
    run: async (signal: AbortSignal) => {
      onSign();
      await listAndWatch({ ...options, onError, onList, onChange, onSign }, signal);
      lastSignMs = null;
    },
  });
};
