// How long a new value takes into a file of a running pod, on a real node: with the kubelet's defaults and with
// propagate: Prompt, in one run. Each rotation begins right after the kubelet looked: its longest wait. Some 7 minutes.
// BENCH_SHORT=1 only checks that it works, with a kubelet that looks every second.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { KubeClient, ObjectName } from "@itsy/controller-runtime";
import { startNode, waitUntil, whyNoNode } from "@itsy/testbed";

import { ApiKeys, readSecretValue, waitUntilReady } from "../src/api-key.ts";
import { type AskingPod, type AskingPodDeps, applyAskingPod, digestOf } from "../src/asking-pod.ts";
import { startCluster } from "../src/cluster.ts";
import { grantRights, startReconciler } from "../src/reconciler.ts";
import { startService } from "../src/service.ts";
import { median } from "./median.ts";
import { prepareNamespace } from "./namespace.ts";

const isShort = process.env["BENCH_SHORT"] === "1";
const ROUNDS = isShort ? { Eventually: 1, Prompt: 1 } : { Eventually: 5, Prompt: 10 };
type Propagate = keyof typeof ROUNDS;
const NAMESPACE = "pods";
const REACHES_WITHIN_MS = 180_000;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const log = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const applyApiKey = async (client: KubeClient, propagate: Propagate): Promise<ObjectName> => {
  const name = { namespace: NAMESPACE, name: propagate.toLowerCase() };
  const rotation = { overlap: "1h" };
  const rateLimit = { requestsPerMinute: 1_000_000 };
  const spec = { workspace: "acme", displayName: name.name, environment: "production", rotation, rateLimit, propagate };
  await client.create(ApiKeys, { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", metadata: name, spec });
  await waitUntilReady(client, name);
  return name;
};

/** When the pod first asked about this value out of its file; the time is that of its line in the log. */
const reachedAtMs = async (pod: AskingPod, value: string): Promise<number> => {
  const find = async () =>
    (await pod.calls()).find(({ from, digest }) => from === "file" && digest === digestOf(value));
  const { atMs } = await waitUntil(find, { what: "the value is in the file", timeoutMs: REACHES_WITHIN_MS });
  return atMs;
};

/** From the moment at which the API server shows the new value in the Secret, looked at every 20 ms. */
const rotate = async (client: KubeClient, name: ObjectName, pod: AskingPod): Promise<number> => {
  const before = await readSecretValue(client, name);
  const annotations = { "keys.itsy.dev/rotate-requested-at": new Date().toISOString() };
  await client.mergePatch(ApiKeys, name, { metadata: { annotations } });
  const changed = async () => {
    const value = await readSecretValue(client, name);
    return value !== before && value;
  };
  const value = await waitUntil(changed, { what: "the Secret has a new value", timeoutMs: 60_000, intervalMs: 20 });
  const changedAtMs = Date.now();
  return (await reachedAtMs(pod, value)) - changedAtMs;
};

const measure = async (deps: AskingPodDeps, propagate: Propagate): Promise<number> => {
  const name = await applyApiKey(deps.client, propagate);
  const pod = await applyAskingPod(deps, name);
  await reachedAtMs(pod, (await readSecretValue(deps.client, name)) ?? "");
  const tookMs: number[] = [];
  for (let round = 1; round <= ROUNDS[propagate]; round++) tookMs.push(await rotate(deps.client, name, pod));
  // The environment variable keeps the first value, which the second rotation ends.
  const calls = (await pod.calls()).filter(({ from }) => from === "file");
  const refused = calls.filter(({ answer }) => answer?.valid !== true).length;
  const range = `${seconds(Math.min(...tookMs))} to ${seconds(Math.max(...tookMs))}`;
  print(`${propagate}: ${tookMs.length} rotations, ${range}, median ${seconds(median(tookMs))}`);
  print(`  meanwhile the pod asked about its file ${calls.length} times, refused: ${refused}`);
  return median(tookMs);
};

const run = async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), "itsy-bench-"));
  await using owned = new AsyncDisposableStack();
  owned.defer(() => rm(dataDir, { recursive: true, force: true }));
  const databaseUrl = `sqlite:${join(dataDir, "itsy.db")}`;
  const service = owned.use(await startService({ dataDir, databaseUrl, env: { LOG_LEVEL: "warn" } }));
  const { client, controlPlane, reconciler } = owned.use(await startCluster({ log }));
  const node = owned.use(await startNode({ controlPlane, log, ...(isShort && { syncFrequencyMs: 1000 }) }));
  await prepareNamespace(client, NAMESPACE, { isGranted: true });
  await grantRights(client, NAMESPACE, ["--propagate"]);
  owned.use(await startReconciler({ service, kubeconfigPath: reconciler.kubeconfigPath }));
  const deps = { client, node, service };
  const [eventuallyMs, promptMs] = await Promise.all([measure(deps, "Eventually"), measure(deps, "Prompt")]);
  print(`Prompt / Eventually, medians: ${(promptMs / eventuallyMs).toFixed(3)}`);
};

const reason = await whyNoNode();
if (reason === null) await run();
else print(`not run, for want of a node: ${reason}`);
// A connection that is kept alive must not keep the process.
process.exit(0);
