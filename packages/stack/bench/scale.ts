// N ApiKeys (OBJECTS, default 1,000) with default settings, against a bare client on the same API server, in one run:
// time to Ready, writes, CPU, memory, the wait of a single ApiKey meanwhile, a restart over all of them, and a while in
// which nothing happens (STEADY_SECONDS, default 300). BENCH_SHORT=1 only checks that it works.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  type KubeClient,
  type KubeObject,
  type ListOptions,
  type ListPage,
  type ResourceType,
  Secrets,
  type Stored,
} from "@itsy/controller-runtime";

import { ApiKeys } from "../src/api-key.ts";
import { startCluster } from "../src/cluster.ts";
import type { Program } from "../src/program.ts";
import { startReconciler } from "../src/reconciler.ts";
import { startService } from "../src/service.ts";
import { countWrites } from "./api-server-writes.ts";
import { allAtATime } from "./concurrency.ts";
import { crowdIsServed, readySeconds } from "./crowd.ts";
import { cpuSeconds, heapUsed, inspectable } from "./inspected.ts";
import { prepareNamespace } from "./namespace.ts";
import { watchReady } from "./ready-times.ts";
import { replayWrites } from "./replay.ts";

const isShort = process.env["BENCH_SHORT"] === "1";
const OBJECTS = isShort ? 40 : Number(process.env["OBJECTS"] ?? 1_000);
const STEADY_SECONDS = isShort ? 3 : Number(process.env["STEADY_SECONDS"] ?? 300);
const CONCURRENCY = 16;
const PAGE = 500;
const WARM_UP = 50;
const EVENTS_SETTLE_MS = 2_000;
/** As an installation has it: what is started for tests renews its lease eight times as often. */
const DEFAULT_LEASE = { LEASE_DURATION: "15s", LEASE_RENEW_DEADLINE: "10s", LEASE_RETRY_PERIOD: "2s" };

const names = Array.from({ length: OBJECTS }, (_, index) => `key-${String(index).padStart(5, "0")}`);
const print = (what: string, value: string, aim = ""): void =>
  void process.stdout.write(`${what.padEnd(64)} ${value}${aim === "" ? "" : `   (${aim})`}\n`);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
};

const create = (client: KubeClient, namespace: string, name: string) =>
  client.create(ApiKeys, {
    apiVersion: "keys.itsy.dev/v1",
    kind: "ApiKey",
    metadata: { name, namespace },
    spec: { workspace: "acme", displayName: name, environment: "production" },
  });

const listAll = async <T extends KubeObject>(client: KubeClient, type: ResourceType<T>, namespace?: string) => {
  const objects: Stored<T>[] = [];
  let token: string | null = null;
  do {
    const from: ListOptions = {
      ...(namespace !== undefined && { namespace }),
      ...(token !== null && { continue: token }),
    };
    const page: ListPage<T> = await client.listPage(type, { limit: PAGE, ...from });
    objects.push(...page.items);
    token = page.continue;
  } while (token !== null);
  return objects;
};

/** Each Secret's version and a digest of its value: what must not change unasked. */
const valuesIn = async (client: KubeClient, namespace: string): Promise<ReadonlyMap<string, string>> =>
  new Map(
    (await listAll(client, Secrets, namespace)).map(({ metadata, data }) => [
      metadata.name,
      `${metadata.resourceVersion} ${createHash("sha256")
        .update(data?.["apiKey"] ?? "")
        .digest("hex")}`,
    ]),
  );

const differences = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number =>
  [...before].filter(([name, value]) => after.get(name) !== value).length + Math.abs(after.size - before.size);

const logTimeMs = (line: Readonly<Record<string, unknown>>): number =>
  new Date(line["time"] as string | number).getTime();

await using owned = new AsyncDisposableStack();
const dataDir = await mkdtemp(join(tmpdir(), "itsy-bench-"));
owned.defer(() => rm(dataDir, { recursive: true, force: true }));
const service = owned.use(
  await startService({ dataDir, databaseUrl: `sqlite:${join(dataDir, "itsy.db")}`, env: { LOG_LEVEL: "warn" } }),
);
const { client, controlPlane, reconciler } = owned.use(await startCluster());
const start = (): Promise<Program> => {
  const env = { LOG_LEVEL: "info", ...DEFAULT_LEASE, ...inspectable };
  return startReconciler({ service, kubeconfigPath: reconciler.kubeconfigPath, env });
};

process.stdout.write(`${OBJECTS} ApiKeys, ${CONCURRENCY} at a time\n`);
/** How long the raw writes take; no reconciler may run. */
const replay = async (namespaceName: string, of: readonly string[] = names): Promise<number> => {
  const namespace = await prepareNamespace(client, namespaceName, { isGranted: false });
  const tookMs = await timed(() => allAtATime(CONCURRENCY, of, (name) => replayWrites(client, { namespace, name })));
  await allAtATime(CONCURRENCY, of, async (name) => {
    await client.delete(ApiKeys, { namespace, name });
    await client.mergePatch(ApiKeys, { namespace, name }, { metadata: { finalizers: null } });
  });
  return tookMs;
};

/** Events are written behind the rest: resolves when nothing was for a while. */
const eventsSettle = async (): Promise<void> => {
  for (let before = -1, now = await countWrites(controlPlane); before !== now; ) {
    await sleep(EVENTS_SETTLE_MS);
    [before, now] = [now, await countWrites(controlPlane)];
  }
};

// Code that is compiled once, and connections, are no cost of an object: not of theirs, and not of ours below.
await replay("raw-warm-up", names.slice(0, WARM_UP));
const rawBeforeMs = await replay("raw-before");
const crowded = await prepareNamespace(client, "crowded", { isGranted: true });
const quiet = await prepareNamespace(client, "quiet", { isGranted: true });
const first = owned.use(await start());
await first.logged("controller started");
const readyTimes = owned.use(await watchReady(client, quiet));
for (const name of names.slice(0, WARM_UP)) await create(client, quiet, name);
await readyTimes.count(Math.min(WARM_UP, OBJECTS));
await eventsSettle();
const emptyBytes = await heapUsed(first);
const cpuBefore = await cpuSeconds(first);
const writesBefore = await countWrites(controlPlane);

const waitsMs: number[] = [];
const startedAt = Date.now();
let oursMs: number | null = null;
const serving = timed(async () => {
  await allAtATime(CONCURRENCY, names, async (name) => void (await create(client, crowded, name)));
  await crowdIsServed(first);
}).then((tookMs) => {
  oursMs = tookMs;
});
while (oursMs === null) {
  const name = `single-${waitsMs.length}`;
  const askedMs = performance.now();
  await create(client, quiet, name);
  waitsMs.push((await readyTimes.of({ namespace: quiet, name })) - askedMs);
  await sleep(50);
}
await serving;
const all = OBJECTS + waitsMs.length;
await readyTimes[Symbol.asyncDispose]();
await eventsSettle();
const cpuPerObjectMs = (((await cpuSeconds(first)) - cpuBefore) * 1000) / all;
const writesPerObject = ((await countWrites(controlPlane)) - writesBefore) / all - 1;
const perObjectBytes = ((await heapUsed(first)) - emptyBytes) / all;
const values = await valuesIn(client, crowded);
const seconds = readySeconds(await listAll(client, ApiKeys, crowded));
if ((seconds.at(-1) ?? 0) * 1000 > startedAt + oursMs) throw new Error("one was Ready later than it was measured");
const secondsAt = (share: number): number => seconds[Math.floor((seconds.length - 1) * share)] ?? Number.NaN;

print(`to Ready, with ${waitsMs.length} single ones elsewhere meanwhile`, `${(oursMs / 1000).toFixed(2)} s`);
print(
  "  last quarter / first quarter",
  ((secondsAt(1) - secondsAt(0.75)) / (secondsAt(0.25) - startedAt / 1000)).toFixed(2),
  "not growing with N",
);
print("  writes to the API server an ApiKey, event included", writesPerObject.toFixed(2), "at most 7");
print("  CPU of the reconciler an ApiKey", `${cpuPerObjectMs.toFixed(1)} ms`);
print(
  "  heap of the reconciler an ApiKey, after a collection",
  `${(perObjectBytes / 1024).toFixed(1)} KiB`,
  "at most 6",
);
print(
  "a single one elsewhere, created to Ready",
  `p50 ${quantile(waitsMs, 0.5).toFixed(0)} ms, p99 ${quantile(waitsMs, 0.99).toFixed(0)} ms, ${waitsMs.length} of them`,
  "seconds at most",
);

const listMs = quantile(
  [
    await timed(() => listAll(client, ApiKeys)),
    await timed(() => listAll(client, ApiKeys)),
    await timed(() => listAll(client, ApiKeys)),
  ],
  0.5,
);
await first.kill("SIGTERM");
// The machine's pace drifts by more than what is measured: the raw writes come before and after.
const rawAfterMs = await replay("raw-after");
const rawMs = (rawBeforeMs + rawAfterMs) / 2;
print(
  "raw replay: create and five writes each, before and after",
  `${(rawBeforeMs / 1000).toFixed(2)} s, ${(rawAfterMs / 1000).toFixed(2)} s`,
);
print("  to Ready / raw, for each", (oursMs / all / (rawMs / OBJECTS)).toFixed(2), "at most 2.0, aim 1.3");
const writesAtRest = await countWrites(controlPlane);
const second = owned.use(await start());
const syncedMs =
  logTimeMs(await second.logged("controller started")) -
  logTimeMs(await second.logged("serving /healthz, /readyz and /metrics"));
await sleep(STEADY_SECONDS * 1000);
print(
  "restart: listening to all synced / raw paged list",
  `${(syncedMs / listMs).toFixed(2)} (${syncedMs.toFixed(0)} ms)`,
  "at most 3",
);
print(
  `writes of a restart and ${STEADY_SECONDS} s after it`,
  String((await countWrites(controlPlane)) - writesAtRest),
  "0",
);
print(
  "  heap of the reconciler an ApiKey",
  `${(((await heapUsed(second)) - emptyBytes) / all / 1024).toFixed(1)} KiB`,
  "at most 6",
);
print("Secrets that changed since they were Ready", String(differences(values, await valuesIn(client, crowded))), "0");
await owned.disposeAsync();
process.exit(0);
