import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ConfigMaps,
  createEventRecorder,
  createLeaderElector,
  Events,
  type KubeClient,
  type LeaderElector,
  Leases,
} from "../src/index.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const fileAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test("the controller in the README is the one that runs here", async () => {
  const [readme, example] = await Promise.all(
    ["../README.md", "../examples/config-map-copier.ts"].map((path) => readFile(fileAt(path), "utf8")),
  );
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
});

test("the controller in the README copies, repairs, moves, cleans up and stops", async () => {
  const [from, to, elsewhere] = [await cluster.namespace(), await cluster.namespace(), await cluster.namespace()];
  const { admin } = cluster;
  const original = { namespace: from, name: "settings" };
  const dataIn = async (namespace: string) =>
    (await admin.get(ConfigMaps, { namespace, name: "settings" }))?.data ?? null;
  const child = spawn(
    process.execPath,
    ["--conditions=@itsy/source", "--disable-warning=ExperimentalWarning", fileAt("../examples/config-map-copier.ts")],
    {
      env: { PATH: process.env["PATH"], KUBECONFIG: cluster.controlPlane.kubeconfigPath },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const exit = once(child, "exit");
  try {
    await admin.create(ConfigMaps, {
      metadata: { ...original, labels: { "example.dev/copy-to": to } },
      data: { color: "red" },
    });
    await expect.poll(() => dataIn(to), { timeout: 15_000 }).toEqual({ color: "red" });
    await admin.mergePatch(ConfigMaps, { namespace: to, name: "settings" }, { data: { color: "by hand" } });
    await expect.poll(() => dataIn(to), { timeout: 5_000 }).toEqual({ color: "red" });
    await admin.mergePatch(ConfigMaps, original, { metadata: { labels: { "example.dev/copy-to": elsewhere } } });
    await expect.poll(() => dataIn(elsewhere), { timeout: 5_000 }).toEqual({ color: "red" });
    await expect.poll(() => dataIn(to), { timeout: 5_000 }).toBeNull();
    await admin.delete(ConfigMaps, original);
    await expect.poll(() => dataIn(elsewhere), { timeout: 5_000 }).toBeNull();
  } finally {
    child.kill("SIGTERM");
  }
  expect(await exit).toEqual([0, null]);
});

interface Candidate {
  readonly elector: LeaderElector;
  readonly leads: () => boolean;
  readonly losses: () => number;
  readonly stopped: () => Promise<unknown>;
}

const startCandidate = (identity: string, client: KubeClient, namespace: string): Candidate => {
  let leads = false;
  let losses = 0;
  const stop = new AbortController();
  const elector = createLeaderElector({
    client,
    namespace,
    name: "leader",
    identity,
    leaseDurationMs: 3_000,
    renewDeadlineMs: 2_000,
    retryPeriodMs: 200,
    onLost: () => {
      losses += 1;
    },
  });
  const running = elector.run(stop.signal, async (signal) => {
    leads = true;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    leads = false;
  });
  const stopped = (): Promise<unknown> => {
    stop.abort();
    return running;
  };
  return { elector, leads: () => leads, losses: () => losses, stopped };
};

test("a leader that stops hands over at once, long before its lease would run out", async () => {
  const namespace = await cluster.namespace();
  const a = startCandidate("a", cluster.admin, namespace);
  await expect.poll(a.leads, { timeout: 5_000 }).toBe(true);
  const b = startCandidate("b", cluster.admin, namespace);
  const startedMs = performance.now();
  expect(await a.stopped()).toBe("stopped");
  await expect.poll(b.leads, { timeout: 2_500, interval: 10 }).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(2_500);
  expect((await cluster.admin.get(Leases, { namespace, name: "leader" }))?.spec).toMatchObject({
    holderIdentity: "b",
    leaseTransitions: 1,
  });
  await b.stopped();
});

test("a leader behind a partition loses before another leads", async () => {
  const namespace = await cluster.namespace();
  await using proxy = await startTcpProxy(cluster.port);
  const a = startCandidate("a", cluster.client({ port: proxy.port }), namespace);
  await expect.poll(a.leads, { timeout: 5_000 }).toBe(true);
  const b = startCandidate("b", cluster.admin, namespace);
  proxy.stall(true);
  let both = false;
  await expect
    .poll(
      () => {
        both ||= a.leads() && b.leads();
        return b.leads();
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(true);
  expect([both, a.leads(), a.losses(), a.elector.isLeading]).toEqual([false, false, 1, false]);
  expect(await a.stopped()).toBe("lost");
  await b.stopped();
});

test("equal events become one Event with a series that the API server accepts", async () => {
  const namespace = await cluster.namespace();
  const object = await cluster.admin.create(ConfigMaps, { metadata: { namespace, name: "a" } });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const recorder = createEventRecorder({
    client: cluster.admin,
    component: "example.dev/tests",
    instance: "one",
    onError,
  });
  const event = { type: "Warning", reason: "Tested", action: "Test", note: "It was tested." } as const;
  const events = async () => (await cluster.admin.listPage(Events, { namespace })).items;

  recorder.record(object, event);
  await expect.poll(async () => (await events()).length, { timeout: 5_000 }).toBe(1);
  for (let i = 0; i < 4; i += 1) recorder.record(object, event);
  recorder.record(object, { ...event, reason: "TestedAgain" });
  for (let i = 0; i < 2; i += 1) recorder.record(object, { ...event, reason: "TestedTwice" });
  await recorder.close();

  expect(errors).toEqual([]);
  const seen = (await events()).map(({ reason, series, regarding }) => [reason, series?.count ?? 1, regarding?.uid]);
  const { uid } = object.metadata;
  expect(new Set(seen)).toEqual(
    new Set([
      ["Tested", 5, uid],
      ["TestedAgain", 1, uid],
      ["TestedTwice", 2, uid],
    ]),
  );
});

test("events about a namespace that is gone are given up and reported", async () => {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const recorder = createEventRecorder({
    client: cluster.admin,
    component: "example.dev/tests",
    instance: "one",
    onError,
  });
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "never-was", name: "a", uid: "u" } };
  recorder.record(object, { type: "Normal", reason: "Tested", action: "Test", note: "It was tested." });
  await expect.poll(() => errors, { timeout: 5_000 }).toMatchObject([{ status: 404 }]);
  await recorder.close();
});
