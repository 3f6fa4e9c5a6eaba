import { createReflector, formatName, type KubeClient, nameOf, type ObjectName } from "@itsy/controller-runtime";

import { type ApiKey, ApiKeys, conditionOf } from "../src/api-key.ts";

/** When each ApiKey of a namespace was first seen Ready, by a watch. */
export interface ReadyTimes extends AsyncDisposable {
  /** Resolves with that time, on the clock of `performance.now()`. */
  readonly of: (name: ObjectName) => Promise<number>;
  readonly count: (count: number) => Promise<void>;
}

export const watchReady = async (client: KubeClient, namespace: string): Promise<ReadyTimes> => {
  const times = new Map<string, number>();
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  const seen = (apiKey: ApiKey): void => {
    const key = formatName(nameOf(apiKey));
    if (times.has(key) || conditionOf(apiKey, "Ready")?.status !== "True") return;
    times.set(key, performance.now());
    for (const look of waiting) look();
  };
  const reflector = createReflector<ApiKey>({ client, type: ApiKeys, namespace });
  reflector.subscribe((delta) => {
    if (delta.type !== "deleted") seen(delta.object);
  });
  const running = reflector.run(stop.signal);
  await reflector.synced(stop.signal);
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return Object.freeze({
    of: (name: ObjectName) => until(() => times.get(formatName(name))),
    count: (count: number) => until(() => (times.size >= count ? true : undefined)).then(() => {}),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  });
};
