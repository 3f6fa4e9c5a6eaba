import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Leases } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { conditionOf, createPlace, startWorld, type World } from "./world.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const token = "itsy_mt_this-token-must-not-be-seen";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const start = (settings: Record<string, string>) => {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@itsy/source", main], {
    env: {
      PATH: process.env["PATH"],
      KUBECONFIG: world.controlPlane.kubeconfigPath,
      // Nobody listens there.
      ITSY_URL: "http://127.0.0.1:9",
      ITSY_TOKEN: token,
      NAMESPACE: "default",
      METRICS_PORT: "0",
      METRICS_HOST: "127.0.0.1",
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    exited,
    output: () => output,
    port: () => waitUntil(() => /"port":([0-9]+)/.exec(output)?.[1], { what: "the port is logged", timeoutMs: 20_000 }),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
};

test("it leads, reports, answers its probes, and ends cleanly on SIGTERM", async () => {
  const place = await createPlace(world);
  await using process = start({ WATCH_NAMESPACE: place.namespace, POD_NAME: "pod-1" });
  const url = `http://127.0.0.1:${await process.port()}`;
  const status = async (path: string) => (await fetch(url + path)).status;
  await waitUntil(async () => (await status("/readyz")) === 200, { what: "it is ready" });
  expect(await status("/healthz")).toBe(200);
  expect(await status("/other")).toBe(404);
  await place.apply();
  const apiKey = await place.untilReason("ServiceUnreachable");
  expect(conditionOf(apiKey, "Reconciling")?.status).toBe("True");
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const name of ["workqueue_depth", "controller_runtime_reconcile_total", "rest_client_requests_total"])
    expect(metrics).toContain(name);
  expect(metrics).toContain('leader_election_master_status{name="itsy-reconciler"} 1');

  process.child.kill("SIGTERM");
  expect(await process.exited).toEqual([0, null]);
  const lease = await world.kube.get(Leases, { namespace: "default", name: "itsy-reconciler" });
  expect(lease?.spec?.holderIdentity ?? "").toBe("");
  expect(process.output() + metrics).not.toContain(token);
  for (const line of process.output().trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
});

test("a second one waits for the lease and takes over when the first is killed", async () => {
  const place = await createPlace(world);
  const lease = { LEASE_DURATION: "2s", LEASE_RENEW_DEADLINE: "1500ms", LEASE_RETRY_PERIOD: "200ms" };
  const settings = { WATCH_NAMESPACE: place.namespace, ...lease };
  await using first = start({ ...settings, POD_NAME: "pod-1" });
  await waitUntil(() => first.output().includes('"leading"'), { what: "the first leads", timeoutMs: 20_000 });
  await using second = start({ ...settings, POD_NAME: "pod-2" });
  await second.port();
  first.child.kill("SIGKILL");
  await waitUntil(() => second.output().includes('"leading"'), { what: "the second leads", timeoutMs: 20_000 });
  await place.apply();
  await place.untilReason("ServiceUnreachable");
});

test("it dies by SIGKILL where it was told to", async () => {
  const place = await createPlace(world);
  const settings = { WATCH_NAMESPACE: place.namespace, LEADER_ELECTION: "false", ITSY_FAULT_AT: "before:observe" };
  await using process = start(settings);
  await place.apply();
  expect(await process.exited).toEqual([null, "SIGKILL"]);
});

test("settings that do not fit end it with code 2 and their names", async () => {
  await using process = start({ ITSY_URL: "nonsense", RESYNC: "soon" });
  expect(await process.exited).toEqual([2, null]);
  expect(process.output()).toMatch(/ITSY_URL/);
  expect(process.output()).toMatch(/RESYNC/);
  expect(process.output()).not.toContain(token);
});
