import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConfigMap,
  ConfigMaps,
  createReflector,
  isGone,
  type KubeClient,
  type Reflector,
  type Stored,
} from "../src/index.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Running extends AsyncDisposable {
  readonly proxy: TcpProxy;
  readonly reflector: Reflector<ConfigMap>;
  readonly errors: unknown[];
  /** What the deltas alone say that there is. */
  readonly told: Map<string, Stored<ConfigMap>>;
  readonly stopped: () => Promise<void>;
}

const startReflector = async (
  namespace: string,
  options: { pageSize?: number; inactivityMs?: number } = {},
): Promise<Running> => {
  const proxy = await startTcpProxy(cluster.port);
  const client = cluster.client({ port: proxy.port, requestTimeoutMs: 2_000 });
  const errors: unknown[] = [];
  const told = new Map<string, Stored<ConfigMap>>();
  const backoff = () => 50;
  const onError = (error: unknown): void => void errors.push(error);
  const reflector = createReflector({ client, type: ConfigMaps, namespace, backoff, onError, ...options });
  reflector.subscribe((delta) => {
    if (delta.type === "deleted") told.delete(delta.old.metadata.name);
    else told.set(delta.object.metadata.name, delta.object);
  });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  const stopped = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  await reflector.synced(AbortSignal.timeout(10_000));
  const dispose = async (): Promise<void> => {
    await stopped();
    await proxy[Symbol.asyncDispose]();
  };
  return { proxy, reflector, errors, told, stopped, [Symbol.asyncDispose]: dispose };
};

const versions = (objects: Iterable<Stored<ConfigMap>>): readonly string[] =>
  [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();

const fresh = async (client: KubeClient, namespace: string): Promise<readonly string[]> =>
  versions((await client.listPage(ConfigMaps, { namespace })).items);

const expectEqualsFreshList = async ({ reflector, told }: Running, namespace: string): Promise<void> => {
  const wanted = await fresh(cluster.admin, namespace);
  await expect.poll(() => versions(reflector.store.list()), { timeout: 20_000 }).toEqual(wanted);
  expect(versions(told.values())).toEqual(wanted);
};

const write = (namespace: string, name: string, n: string): Promise<unknown> =>
  cluster.admin.apply(ConfigMaps, { metadata: { namespace, name }, data: { n } }, { fieldManager: "test" });

test("a list in pages and the watch behind it give what a fresh list gives", async () => {
  const namespace = await cluster.namespace();
  for (let i = 0; i < 7; i += 1) await write(namespace, `before-${i}`, "1");
  await using running = await startReflector(namespace, { pageSize: 3 });
  expect(running.reflector.hasSynced).toBe(true);
  expect(running.reflector.store.size).toBe(7);
  await write(namespace, "before-0", "2");
  await write(namespace, "after", "1");
  await cluster.admin.delete(ConfigMaps, { namespace, name: "before-1" });
  await expectEqualsFreshList(running, namespace);
  expect(running.reflector.store.list().every(({ metadata }) => metadata.managedFields === undefined)).toBe(true);
});

test("after a dropped watch nothing is missing", async () => {
  const namespace = await cluster.namespace();
  await write(namespace, "kept", "1");
  await write(namespace, "deleted", "1");
  await using running = await startReflector(namespace);
  running.proxy.refuse(true);
  running.proxy.cut();
  await write(namespace, "kept", "2");
  await write(namespace, "added", "1");
  await cluster.admin.delete(ConfigMaps, { namespace, name: "deleted" });
  await expect.poll(() => running.errors.length, { timeout: 10_000 }).toBeGreaterThan(1);
  running.proxy.refuse(false);
  await expectEqualsFreshList(running, namespace);
});

test("a watch that went silent is started again", async () => {
  const namespace = await cluster.namespace();
  await using running = await startReflector(namespace, { inactivityMs: 300 });
  running.proxy.stall(true);
  await write(namespace, "unheard", "1");
  await expect.poll(() => running.errors.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(running.reflector.store.size).toBe(0);
  running.proxy.stall(false);
  await expectEqualsFreshList(running, namespace);
  expect(String(running.errors[0])).toContain("silent");
});

test("after a restart of the API server that forgot the past (410) the store is right again", async () => {
  const namespace = await cluster.namespace();
  await write(namespace, "kept", "1");
  await write(namespace, "deleted", "1");
  await using running = await startReflector(namespace);
  running.proxy.refuse(true);
  running.proxy.cut();
  await write(namespace, "kept", "2");
  await write(namespace, "added", "1");
  await cluster.admin.delete(ConfigMaps, { namespace, name: "deleted" });
  await cluster.controlPlane.restartApiServer();
  running.proxy.refuse(false);
  await expectEqualsFreshList(running, namespace);
  expect(running.errors.some(isGone)).toBe(true);
});

test("after a restart of the API server under it the reflector goes on", async () => {
  const namespace = await cluster.namespace();
  await write(namespace, "a", "1");
  await using running = await startReflector(namespace);
  await cluster.controlPlane.restartApiServer();
  await write(namespace, "a", "2");
  await write(namespace, "b", "1");
  await expectEqualsFreshList(running, namespace);
});

test("after stop no watch is left and nothing is told any more", async () => {
  const namespace = await cluster.namespace();
  await using running = await startReflector(namespace);
  const { proxy, reflector, told } = running;
  await write(namespace, "heard", "1");
  await expectEqualsFreshList(running, namespace);
  const openBefore = proxy.open;
  await running.stopped();
  const acceptedAtStop = proxy.accepted;
  await write(namespace, "late", "1");
  await expect.poll(() => proxy.open, { timeout: 5_000 }).toBe(openBefore - 1);
  expect([reflector.store.size, told.size, proxy.accepted]).toEqual([1, 1, acceptedAtStop]);
});

test("a selector narrows what is reflected, and an object that no longer matches is deleted", async () => {
  const namespace = await cluster.namespace();
  const name = { namespace, name: "a" };
  await cluster.admin.create(ConfigMaps, { metadata: { ...name, labels: { team: "red" } } });
  await write(namespace, "b", "1");
  const stop = new AbortController();
  const reflector = createReflector({ client: cluster.admin, type: ConfigMaps, namespace, labelSelector: "team=red" });
  const running = reflector.run(stop.signal);
  await reflector.synced(AbortSignal.timeout(10_000));
  expect(reflector.store.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  await cluster.admin.mergePatch(ConfigMaps, name, { metadata: { labels: { team: "blue" } } });
  await expect.poll(() => reflector.store.size).toBe(0);
  stop.abort();
  await running;
});
