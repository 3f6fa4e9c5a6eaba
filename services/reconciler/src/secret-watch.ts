import {
  createReflector,
  type Delta,
  type KubeClient,
  nameOf,
  type ObjectName,
  parseName,
  type Reflector,
  type Secret,
  Secrets,
  type Stored,
} from "@itsy/controller-runtime";

import { annotations, managedByLabel } from "./api-key/names.ts";
import { type ApiKey, ApiKeys } from "./api-key/resource.ts";
import { wantedTarget } from "./api-key/rivals.ts";
import type { OwnWrites } from "./own-writes.ts";

export interface SecretWatchDeps {
  readonly client: KubeClient;
  readonly apiKeys: Pick<Reflector<ApiKey>, "store" | "subscribe">;
  /** With a delay for what was done to its Secret again and again. */
  readonly wake: (name: ObjectName) => void;
  readonly ownWrites: Pick<OwnWrites, "settled" | "claim">;
  /** Told of what a watch survived, with the namespace. */
  readonly onError: (error: unknown, namespace: string) => void;
}

const labelSelector = Object.entries(managedByLabel)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");

/** Values are dropped as they arrive: nobody here needs them, and what is not in memory cannot leak. */
const withoutValues = ({ apiVersion, kind, metadata }: Stored<Secret>): Stored<Secret> => {
  const { managedFields: _, ...kept } = metadata;
  return { apiVersion, kind, metadata: kept };
};

/** The ApiKey that a target Secret belonged to; `null` for a staging Secret, whose coming and going is our own doing. */
const ownerOf = ({ metadata }: Stored<Secret>): ObjectName | null => {
  if (metadata.annotations?.[annotations.revision] === undefined) return null;
  const owner = metadata.ownerReferences?.find(({ controller, kind }) => controller === true && kind === ApiKeys.kind);
  return owner === undefined ? null : { namespace: metadata.namespace ?? "", name: owner.name };
};

/** By what a write of our own is told from anybody else's. */
const markOf = (delta: Delta<Stored<Secret>>): string =>
  delta.type === "deleted" ? delta.old.metadata.uid : delta.object.metadata.resourceVersion;

/** What was there is not any more, or not so. Of what is new somebody knows already: the one who wrote it. */
const changedOwner = (delta: Delta<Stored<Secret>>): ObjectName | null =>
  delta.type === "added" ? null : ownerOf(delta.old);

/**
 * Notices at once when a Secret of an ApiKey is deleted, changed, or stripped of the label by which it is selected. One
 * watch for each namespace that has ApiKeys, so that the rights to list and watch Secrets are needed there only.
 * Resolves when the signal aborts and no watch is left.
 */
export const watchSecrets = async (deps: SecretWatchDeps, signal: AbortSignal): Promise<void> => {
  const { client, apiKeys, wake, ownWrites, onError } = deps;
  const watches = new Map<string, AbortController>();
  const running = new Set<Promise<void>>();

  /** What went before the first list, for example while the right to it was missing. */
  const lookForMissing = async (
    reflector: Reflector<Secret>,
    { namespace, stopped }: { readonly namespace: string; readonly stopped: AbortSignal },
  ): Promise<void> => {
    await reflector.synced(stopped);
    if (stopped.aborted) return;
    for (const apiKey of apiKeys.store.list(namespace))
      if (reflector.store.get(parseName(wantedTarget(apiKey))) === null) wake(nameOf(apiKey));
  };

  /** The event of a write may come before its answer. */
  const hear = async (delta: Delta<Stored<Secret>>): Promise<void> => {
    await ownWrites.settled(nameOf(delta.type === "added" ? delta.object : delta.old));
    const isOurDoing = ownWrites.claim(markOf(delta));
    const owner = changedOwner(delta);
    if (owner !== null && !isOurDoing && !signal.aborted) wake(owner);
  };

  const start = (namespace: string): void => {
    if (watches.has(namespace) || signal.aborted) return;
    const stop = new AbortController();
    watches.set(namespace, stop);
    const reflector = createReflector<Secret>({
      client,
      type: Secrets,
      namespace,
      labelSelector,
      keep: withoutValues,
      onError: (error) => onError(error, namespace),
    });
    reflector.subscribe((delta) => void hear(delta));
    const stopped = AbortSignal.any([signal, stop.signal]);
    const run = Promise.all([reflector.run(stopped), lookForMissing(reflector, { namespace, stopped })]);
    const tracked = run.then(() => void running.delete(tracked));
    running.add(tracked);
  };

  const stop = (namespace: string): void => {
    if (apiKeys.store.list(namespace).length > 0) return;
    watches.get(namespace)?.abort();
    watches.delete(namespace);
  };

  const unsubscribe = apiKeys.subscribe((delta) => {
    if (delta.type === "added") start(delta.object.metadata.namespace ?? "");
    if (delta.type === "deleted") stop(delta.old.metadata.namespace ?? "");
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  unsubscribe();
  await Promise.all(running);
};
