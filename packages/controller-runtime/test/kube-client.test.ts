import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ConfigMaps,
  defineResource,
  isAborted,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isNotFound,
  isUnreachable,
  type KubeError,
  type KubeObject,
  Leases,
  Secrets,
  type WatchEvent,
} from "../src/index.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const failure = async (promise: Promise<unknown>): Promise<KubeError> => {
  try {
    await promise;
  } catch (error) {
    return error as KubeError;
  }
  throw new Error("It did not fail.");
};

test("a missing object is null, a missing resource type is an error", async () => {
  const namespace = await cluster.namespace();
  const NotInstalled = defineResource<KubeObject>({
    apiVersion: "acme.dev/v1",
    kind: "Widget",
    plural: "widgets",
    namespaced: true,
  });
  expect(await cluster.admin.get(ConfigMaps, { namespace, name: "none" })).toBeNull();
  expect(await cluster.admin.get(ConfigMaps, { namespace: "no-such-namespace", name: "none" })).toBeNull();
  expect(await cluster.admin.delete(ConfigMaps, { namespace, name: "none" })).toBe(false);
  expect(isNotFound(await failure(cluster.admin.get(NotInstalled, { namespace, name: "widgets" })))).toBe(true);
  expect(isNotFound(await failure(cluster.admin.delete(NotInstalled, { namespace, name: "none" })))).toBe(true);
});

test("a second create says AlreadyExists, a stale replace says Conflict", async () => {
  const namespace = await cluster.namespace();
  const first = await cluster.admin.create(ConfigMaps, { metadata: { namespace, name: "a" }, data: { n: "1" } });
  const again = await failure(cluster.admin.create(ConfigMaps, { metadata: { namespace, name: "a" } }));
  expect([isAlreadyExists(again), isConflict(again)]).toEqual([true, false]);

  const second = await cluster.admin.replace(ConfigMaps, { ...first, data: { n: "2" } });
  expect(second.data).toEqual({ n: "2" });
  const stale = await failure(cluster.admin.replace(ConfigMaps, { ...first, data: { n: "3" } }));
  expect([isConflict(stale), isAlreadyExists(stale)]).toEqual([true, false]);
  expect((await cluster.admin.get(ConfigMaps, { namespace, name: "a" }))?.data).toEqual({ n: "2" });
});

test("patches change what they name and no more", async () => {
  const namespace = await cluster.namespace();
  const name = { namespace, name: "a" };
  await cluster.admin.create(ConfigMaps, { metadata: name, data: { keep: "1", drop: "2" } });
  const merged = await cluster.admin.mergePatch(ConfigMaps, name, { data: { drop: null, more: "3" } });
  expect(merged.data).toEqual({ keep: "1", more: "3" });
  const jsonPatched = await cluster.admin.jsonPatch(ConfigMaps, name, [
    { op: "test", path: "/data/keep", value: "1" },
    { op: "replace", path: "/data/keep", value: "4" },
  ]);
  expect(jsonPatched.data).toEqual({ keep: "4", more: "3" });
  const refused = await failure(
    cluster.admin.jsonPatch(ConfigMaps, name, [{ op: "test", path: "/data/keep", value: "1" }]),
  );
  expect(refused.status).toBe(422);
});

test("a merge patch with an old resourceVersion is a Conflict", async () => {
  const namespace = await cluster.namespace();
  const name = { namespace, name: "a" };
  const { metadata } = await cluster.admin.create(ConfigMaps, { metadata: name });
  const { resourceVersion } = metadata;
  await cluster.admin.mergePatch(ConfigMaps, name, { data: { n: "1" } });
  const stale = cluster.admin.mergePatch(ConfigMaps, name, { metadata: { resourceVersion }, data: { n: "2" } });
  expect(isConflict(await failure(stale))).toBe(true);
});

test("server-side apply reports who owns a field, and takes it only by force", async () => {
  const namespace = await cluster.namespace();
  const map = (n: string) => ({ metadata: { namespace, name: "a" }, data: { n } });
  await cluster.admin.apply(ConfigMaps, map("1"), { fieldManager: "one" });
  const conflict = await failure(cluster.admin.apply(ConfigMaps, map("2"), { fieldManager: "two" }));
  expect(isConflict(conflict)).toBe(true);
  expect(conflict.causes).toEqual([
    { reason: "FieldManagerConflict", field: ".data.n", message: 'conflict with "one"' },
  ]);
  const forced = await cluster.admin.apply(ConfigMaps, map("2"), { fieldManager: "two", force: true });
  expect(forced.data).toEqual({ n: "2" });
  expect(forced.metadata.managedFields).toMatchObject([{ manager: "two", operation: "Apply" }]);
});

test("an apply that carries a resourceVersion writes over nothing newer", async () => {
  const namespace = await cluster.namespace();
  const name = { namespace, name: "a" };
  const first = await cluster.admin.apply(Secrets, { metadata: name, stringData: { n: "1" } }, { fieldManager: "one" });
  const { resourceVersion } = first.metadata;
  await cluster.admin.apply(Secrets, { metadata: name, stringData: { n: "2" } }, { fieldManager: "one" });
  const stale = { metadata: { ...name, resourceVersion }, stringData: { n: "3" } };
  expect(isConflict(await failure(cluster.admin.apply(Secrets, stale, { fieldManager: "one" })))).toBe(true);
});

test("a delete with preconditions spares another object of the same name", async () => {
  const namespace = await cluster.namespace();
  const name = { namespace, name: "a" };
  const first = await cluster.admin.create(ConfigMaps, { metadata: name });
  await cluster.admin.delete(ConfigMaps, name, { uid: first.metadata.uid });
  await cluster.admin.create(ConfigMaps, { metadata: name });
  const wrong = await failure(cluster.admin.delete(ConfigMaps, name, { uid: first.metadata.uid }));
  expect(isConflict(wrong)).toBe(true);
  expect(await cluster.admin.get(ConfigMaps, name)).not.toBeNull();
});

test("a right that is missing is Forbidden, with the server's words", async () => {
  const { kubeconfigYaml } = await cluster.controlPlane.addUser({ name: "nobody-in-particular" });
  const client = cluster.client({ kubeconfigYaml });
  const error = await failure(client.get(Secrets, { namespace: "default", name: "x" }));
  expect(isForbidden(error)).toBe(true);
  expect(error.message).toContain('User "nobody-in-particular" cannot get resource "secrets"');
});

test("times of a lease keep their microseconds", async () => {
  const namespace = await cluster.namespace();
  const renewTime = "2026-11-22T10:00:00.123456Z";
  const spec = { holderIdentity: "me", leaseDurationSeconds: 15, renewTime };
  const lease = await cluster.admin.create(Leases, { metadata: { namespace, name: "l" }, spec });
  expect(lease.spec?.renewTime).toBe(renewTime);
});

test("a dry run writes nothing", async () => {
  const namespace = await cluster.namespace();
  const name = { namespace, name: "a" };
  await cluster.admin.create(ConfigMaps, { metadata: name }, { dryRun: true });
  expect(await cluster.admin.get(ConfigMaps, name)).toBeNull();
});

test("pages together are the whole list, and items carry their type", async () => {
  const namespace = await cluster.namespace();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await cluster.admin.create(ConfigMaps, { metadata: { namespace, name } });
  const first = await cluster.admin.listPage(ConfigMaps, { namespace, limit: 2 });
  const second = await cluster.admin.listPage(ConfigMaps, { namespace, limit: 9, continue: first.continue ?? "" });
  expect([first.items.length, second.items.length, second.continue]).toEqual([2, 3, null]);
  expect([...first.items, ...second.items].map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
    names.map((name) => `ConfigMap ${name}`),
  );
});

test("a hundred calls one after another use one connection, sixteen at a time at most sixteen", async () => {
  const namespace = await cluster.namespace();
  await using proxy = await startTcpProxy(cluster.port);
  const client = cluster.client({ port: proxy.port });
  const call = () => client.get(ConfigMaps, { namespace, name: "none" });
  for (let i = 0; i < 100; i += 1) await call();
  expect(proxy.accepted).toBe(1);
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let i = 0; i < 10; i += 1) await call();
    }),
  );
  expect(proxy.accepted).toBeLessThanOrEqual(16);
});

test("a watch tells what happened, and leaves no connection when it is given up", async () => {
  const namespace = await cluster.namespace();
  await using proxy = await startTcpProxy(cluster.port);
  const client = cluster.client({ port: proxy.port });
  const { resourceVersion } = await client.listPage(ConfigMaps, { namespace });
  const name = { namespace, name: "a" };
  await cluster.admin.create(ConfigMaps, { metadata: name });
  await cluster.admin.mergePatch(ConfigMaps, name, { data: { n: "1" } });
  await cluster.admin.delete(ConfigMaps, name);

  const seen: WatchEvent<KubeObject>["type"][] = [];
  const stop = new AbortController();
  for await (const event of client.watch(ConfigMaps, { namespace, resourceVersion }, stop.signal)) {
    seen.push(event.type);
    if (seen.length === 3) stop.abort();
  }
  expect(seen).toEqual(["ADDED", "MODIFIED", "DELETED"]);
  await expect.poll(() => proxy.open, { timeout: 5_000 }).toBeLessThanOrEqual(1);
});

test("no answer in time, no connection and an abort are told apart, and name no secret", async () => {
  const value = randomBytes(16).toString("hex");
  const secret = { metadata: { namespace: "default", name: "s" }, stringData: { value } };
  await using proxy = await startTcpProxy(cluster.port);
  const client = cluster.client({ port: proxy.port });
  proxy.stall(true);
  const startedMs = performance.now();
  const late = await failure(client.create(Secrets, secret, { timeoutMs: 200 }));
  const stop = new AbortController();
  const aborting = failure(client.create(Secrets, secret, { signal: stop.signal }));
  stop.abort();
  const aborted = await aborting;
  proxy.stall(false);
  proxy.refuse(true);
  proxy.cut();
  const refused = await failure(client.create(Secrets, secret));
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect([isUnreachable(late), isUnreachable(refused), isUnreachable(aborted)]).toEqual([true, true, false]);
  expect(isAborted(aborted)).toBe(true);
  expect(late.message).toBe("POST /api/v1/namespaces/default/secrets: no answer within 200 ms");
  for (const error of [late, refused, aborted])
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain(value);
});

test("every request is observed with its status, 0 when no answer came", async () => {
  await using proxy = await startTcpProxy(cluster.port);
  const seen: string[] = [];
  const client = cluster.client({
    port: proxy.port,
    onRequest: ({ method, host, status }) => seen.push(`${method} ${host} ${status}`),
  });
  await client.get(ConfigMaps, { namespace: "default", name: "none" });
  proxy.refuse(true);
  proxy.cut();
  await failure(client.listPage(ConfigMaps));
  expect(seen).toEqual(["404", "0"].map((status) => `GET 127.0.0.1:${proxy.port} ${status}`));
});
