import { createReflector, type KubeClient } from "@itsy/controller-runtime";

import { type ApiKey, ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { conditionOf, isReady, type Place } from "./world.ts";

/** What the conditions of the ApiKeys of a place say, as a watch is told it, from the moment that this is called. */
export interface Said extends AsyncDisposable {
  /** Of each ApiKey that was Ready and then was not: its name, each time. */
  readonly flaps: readonly string[];
  /** The reasons that an ApiKey gave, one after another; one that only stays is in it once. */
  readonly reasonsOf: (name: string) => readonly string[];
}

const reasonOf = (apiKey: StoredApiKey | undefined) =>
  apiKey && conditionOf(apiKey, "Reconciling") ? (conditionOf(apiKey, "Reconciling")?.reason ?? null) : null;

export const watchSaid = async (place: Pick<Place, "namespace"> & { readonly kube: KubeClient }): Promise<Said> => {
  const flaps: string[] = [];
  const reasons = new Map<string, string[]>();
  const stop = new AbortController();
  const reflector = createReflector<ApiKey>({ client: place.kube, type: ApiKeys, namespace: place.namespace });
  reflector.subscribe((delta) => {
    if (delta.type !== "updated") return;
    const { name } = delta.object.metadata;
    if (isReady(delta.old) && !isReady(delta.object)) flaps.push(name);
    const reason = reasonOf(delta.object);
    if (reason !== null && reason !== reasonOf(delta.old)) reasons.set(name, [...(reasons.get(name) ?? []), reason]);
  });
  const running = reflector.run(stop.signal);
  await reflector.synced(stop.signal);
  return {
    flaps,
    reasonsOf: (name) => reasons.get(name) ?? [],
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
};
