import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "@itsy/testbed";
import { KubeConfig } from "@kubernetes/client-node";

import {
  type ConfigMap,
  ConfigMaps,
  createKubeClient,
  createReflector,
  type KubeClient,
  type Stored,
} from "../../src/index.ts";
import type { Cluster } from "../cluster.ts";
import { type ChaosProxy, startChaosProxy } from "./chaos-proxy.ts";
import { type Chance, chanceOf } from "./seeded.ts";

export interface TortureReport {
  readonly seed: number;
  readonly writes: number;
  readonly requests: number;
  readonly done: ReadonlyMap<string, number>;
  /** `name@resourceVersion` of a fresh list, of the store, and of what the handlers were told. */
  readonly fresh: readonly string[];
  readonly stored: readonly string[];
  readonly told: readonly string[];
  /** Bytes of the heap after a collection: half a second after the start, and at the end; `null` without `--expose-gc`. */
  readonly heap: readonly [before: number, after: number] | null;
  readonly watchesWhileCalm: number;
  readonly watchesAfterStop: number;
  readonly requestsAfterStop: number;
  readonly unhandled: readonly unknown[];
}

const NAMES = 40;

const versions = (objects: Iterable<Stored<ConfigMap>>): readonly string[] =>
  [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();

const freshList = async (admin: KubeClient, namespace: string): Promise<readonly string[]> =>
  versions((await admin.listPage(ConfigMaps, { namespace })).items);

/** Writes all the time: creates, changes and deletes, alone and in bursts. */
const writeUntil = async (
  { admin, namespace, chance }: { readonly admin: KubeClient; readonly namespace: string; readonly chance: Chance },
  untilMs: number,
): Promise<number> => {
  let writes = 0;
  while (performance.now() < untilMs) {
    const name = `map-${chance.between(1, NAMES)}`;
    writes += 1;
    if (chance.next() < 0.25) await admin.delete(ConfigMaps, { namespace, name });
    else {
      const object = { metadata: { namespace, name }, data: { n: String(writes) } };
      await admin.apply(ConfigMaps, object, { fieldManager: "torture", force: true });
    }
    if (chance.next() < 0.1) await sleep(chance.between(0, 150));
  }
  return writes;
};

const heapAfterCollection = (): number | null => {
  const { gc } = globalThis;
  if (gc === undefined) return null;
  gc();
  return process.memoryUsage().heapUsed;
};

const clientThrough = ({ server }: ChaosProxy): KubeClient => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: "chaos", server, skipTLSVerify: true }, { name: "nobody" });
  return createKubeClient({ kubeConfig, userAgent: "torture", requestTimeoutMs: 800 });
};

/** A reflector behind a proxy that breaks everything by chance, while objects change; then calm, and the truth. */
export const torture = async (
  cluster: Cluster,
  { seed, durationMs }: { readonly seed: number; readonly durationMs: number },
): Promise<TortureReport> => {
  const namespace = await cluster.namespace();
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  await using proxy = await startChaosProxy(cluster.controlPlane, chanceOf(seed));
  const client = clientThrough(proxy);
  const told = new Map<string, Stored<ConfigMap>>();
  const stop = new AbortController();
  const reflector = createReflector<ConfigMap>({
    client,
    type: ConfigMaps,
    namespace,
    pageSize: 7,
    inactivityMs: 700,
    backoff: (attempt) => Math.min(200, 10 * 2 ** attempt),
  });
  reflector.subscribe((delta) => {
    if (delta.type === "deleted") told.delete(delta.old.metadata.name);
    else told.set(delta.object.metadata.name, delta.object);
  });
  // A handler that fails is nobody else's trouble.
  reflector.subscribe(() => Promise.reject(new Error("a handler that fails")) as never);
  const running = reflector.run(stop.signal);

  const untilMs = performance.now() + durationMs;
  const writing = writeUntil({ admin: cluster.admin, namespace, chance: chanceOf(seed + 1) }, untilMs);
  await sleep(Math.min(500, durationMs));
  const before = heapAfterCollection();
  const writes = await writing;
  proxy.calm();
  const fresh = await freshList(cluster.admin, namespace);
  await waitUntil(() => versions(reflector.store.list()).join() === fresh.join(), {
    what: "the store equals a fresh list",
    timeoutMs: 30_000,
  }).catch(() => {});
  await waitUntil(() => proxy.openWatches === 1, { what: "one watch is left", timeoutMs: 10_000 }).catch(() => {});
  const watchesWhileCalm = proxy.openWatches;
  const after = heapAfterCollection();
  const report = { stored: versions(reflector.store.list()), told: versions(told.values()) };

  stop.abort();
  await running;
  await waitUntil(() => proxy.openWatches === 0, { what: "no watch is left", timeoutMs: 10_000 }).catch(() => {});
  const requests = proxy.requests;
  await cluster.admin.create(ConfigMaps, { metadata: { namespace, name: "after-stop" } });
  await sleep(200);
  process.off("unhandledRejection", onUnhandled);
  const result = {
    ...report,
    seed,
    writes,
    requests,
    done: proxy.done,
    fresh,
    heap: before === null || after === null ? null : ([before, after] as const),
    watchesWhileCalm,
    watchesAfterStop: proxy.openWatches,
    requestsAfterStop: proxy.requests - requests,
    unhandled,
  };
  await client.close();
  return result;
};
