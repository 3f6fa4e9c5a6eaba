import { setImmediate as turn } from "node:timers/promises";
import {
  createRuntimeMetrics,
  type KubeClient,
  KubeError,
  type ResourceType,
  silentLogger,
  systemClock,
  systemTimers,
  type WatchEvent,
} from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { Registry } from "prom-client";
import { expect, test } from "vitest";

import { ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { createEffects } from "../src/effects.ts";
import { createReconciler } from "../src/reconciler.ts";
import { createInMemoryDelivery } from "./in-memory-delivery.ts";

const N = 2_000;

/** How often anybody asked for the name of an ApiKey: every formatting of a name and every comparison does. */
let namesRead = 0;

const anApiKey = (at: number, change: Partial<StoredApiKey["metadata"]> = {}): StoredApiKey => ({
  apiVersion: "keys.itsy.dev/v1",
  kind: "ApiKey",
  metadata: {
    get name() {
      namesRead += 1;
      return `key-${String(at).padStart(5, "0")}`;
    },
    namespace: "shop",
    uid: `uid-${at}`,
    resourceVersion: `${at + 1}`,
    generation: 1,
    creationTimestamp: new Date(at * 1000).toISOString(),
    ...change,
  },
  spec: { workspace: "acme", displayName: "x", environment: "local", secret: { name: "shared" } },
  // At rest: none is looked at because of the start.
  status: {
    observedGeneration: 1,
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "Delivered",
        message: "",
        lastTransitionTime: "",
        observedGeneration: 1,
      },
    ],
  },
});

/** An API server that lists `apiKeys`, whose watch says what the test says, and that answers nothing else till the end. */
const createFedKube = (apiKeys: readonly StoredApiKey[], end: AbortSignal) => {
  const events: WatchEvent<StoredApiKey>[] = [];
  const listPage = async (type: ResourceType<never>) => ({
    items: type.kind === ApiKeys.kind ? apiKeys : [],
    resourceVersion: "1",
    continue: null,
  });
  async function* watch(type: ResourceType<never>, _options: unknown, signal: AbortSignal) {
    while (!signal.aborted) {
      const event = type.kind === ApiKeys.kind ? events.shift() : undefined;
      if (event === undefined) await turn();
      else yield event;
    }
  }
  const hang = () =>
    new Promise<never>((_, reject) => {
      const refuse = () => reject(new KubeError({ status: 0, reason: "Unreachable", message: "the end" }));
      if (end.aborted) refuse();
      else end.addEventListener("abort", refuse, { once: true });
    });
  const kube = { listPage, watch, get: hang, mergePatch: hang } as unknown as KubeClient;
  return { kube, tell: (event: WatchEvent<StoredApiKey>) => void events.push(event) };
};

test(`${N} ApiKeys that want one Secret cost as much as ${N} others: at the start, at a change and when one goes`, async () => {
  const stop = new AbortController();
  const apiKeys = Array.from({ length: N }, (_, at) => anApiKey(at));
  const { kube, tell } = createFedKube(apiKeys, stop.signal);
  let added = 0;
  const metrics = createRuntimeMetrics(new Registry());
  const queue = (name: string) => ({ ...metrics.queue(name), added: () => void (added += 1) });
  const { watch, work, controller } = createReconciler(
    {
      kube,
      delivery: createInMemoryDelivery().client.delivery,
      recorder: { record: () => {} },
      effects: createEffects(),
      logger: silentLogger,
      metrics: { ...metrics, queue },
      clock: systemClock,
      timers: systemTimers,
      random: () => 0.5,
    },
    {
      watchSecrets: false,
      concurrency: 1,
      namespaceConcurrency: 1,
      deliverWithinMs: 60_000,
      resyncMs: 600_000,
      looksPerSecond: 1_000,
      retryMaxMs: 600_000,
      reconcileTimeoutMs: 60_000,
    },
  );
  const running = Promise.all([watch(stop.signal), work(stop.signal)]);
  await waitUntil(() => controller.health().synced, { what: "the start is over" });
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect.soft(namesRead / N).toBeLessThan(50);
  expect.soft(added).toBe(0);

  const wakesAfter = async (event: WatchEvent<StoredApiKey>): Promise<number> => {
    [added, namesRead] = [0, 0];
    tell(event);
    await waitUntil(() => added > 0, { what: "somebody is woken" });
    for (let turns = 0; turns < 10; turns += 1) await turn();
    expect.soft(namesRead / N).toBeLessThan(5);
    return added;
  };
  const object = anApiKey(N / 2, { resourceVersion: "9001", generation: 2 });
  expect.soft(await wakesAfter({ type: "MODIFIED", object, resourceVersion: "9001" })).toBe(1);
  const first = anApiKey(0, { resourceVersion: "9002" });
  // Itself, and the next in line.
  expect.soft(await wakesAfter({ type: "DELETED", object: first, resourceVersion: "9002" })).toBe(2);
  stop.abort();
  await running;
});
