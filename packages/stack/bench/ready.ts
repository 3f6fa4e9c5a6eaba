// N ApiKeys to Ready against a raw replay of the least API writes that they cost, 16 at a time, on the same API server, in one run.
// BENCH_SHORT=1 only checks that it works.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type KubeClient, Namespaces } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";

import { ApiKeys, conditionOf } from "../src/api-key.ts";
import { startCluster } from "../src/cluster.ts";
import { startReconciler } from "../src/reconciler.ts";
import { startService } from "../src/service.ts";
import { allAtATime } from "./concurrency.ts";
import { median } from "./median.ts";
import { prepareNamespace } from "./namespace.ts";
import { replayWrites } from "./replay.ts";

const isShort = process.env["BENCH_SHORT"] === "1";
const OBJECTS = isShort ? 20 : 500;
const ROUNDS = isShort ? 1 : 3;
const CONCURRENCY = 16;
const AIM = 2;

const names = Array.from({ length: OBJECTS }, (_, index) => `key-${String(index).padStart(5, "0")}`);

const timed = async (work: () => Promise<void>): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

const readyCount = async (client: KubeClient, namespace: string): Promise<number> => {
  const { items } = await client.listPage(ApiKeys, { namespace });
  return items.filter((apiKey) => conditionOf(apiKey, "Ready")?.status === "True").length;
};

const applyAll = async (client: KubeClient, namespace: string): Promise<void> => {
  await allAtATime(CONCURRENCY, names, async (name) => {
    const spec = { workspace: "acme", displayName: name, environment: "production" };
    await client.create(ApiKeys, {
      apiVersion: "keys.itsy.dev/v1",
      kind: "ApiKey",
      metadata: { name, namespace },
      spec,
    });
  });
  const isAll = async () => (await readyCount(client, namespace)) === OBJECTS;
  await waitUntil(isAll, { what: `${OBJECTS} ApiKeys are Ready`, timeoutMs: 300_000, intervalMs: 100 });
};

const dataDir = await mkdtemp(join(tmpdir(), "itsy-bench-"));
await using owned = new AsyncDisposableStack();
owned.defer(() => rm(dataDir, { recursive: true, force: true }));
const service = owned.use(
  await startService({ dataDir, databaseUrl: `sqlite:${join(dataDir, "itsy.db")}`, env: { LOG_LEVEL: "warn" } }),
);
const { client, reconciler } = owned.use(await startCluster());

const rounds: { readonly rawMs: number; readonly oursMs: number }[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const raw = await prepareNamespace(client, `raw-${round}`, { isGranted: false });
  const rawMs = await timed(() =>
    allAtATime(CONCURRENCY, names, (name) => replayWrites(client, { namespace: raw, name })),
  );
  await client.delete(Namespaces, { name: raw });
  const ours = await prepareNamespace(client, `ours-${round}`, { isGranted: true });
  const env = { LOG_LEVEL: "info", WATCH_NAMESPACE: ours };
  await using program = await startReconciler({ service, kubeconfigPath: reconciler.kubeconfigPath, env });
  await program.logged("controller started");
  const oursMs = await timed(() => applyAll(client, ours));
  rounds.push({ rawMs, oursMs });
  const line = `raw replay ${(rawMs / 1000).toFixed(2)} s, to Ready ${(oursMs / 1000).toFixed(2)} s, ratio ${(oursMs / rawMs).toFixed(2)}`;
  process.stdout.write(`${OBJECTS} ApiKeys, ${CONCURRENCY} at a time, round ${round}: ${line}\n`);
}
const ratio = median(rounds.map(({ rawMs, oursMs }) => oursMs / rawMs));
process.stdout.write(
  `wall time to Ready / raw replay of the same writes, median of ${ROUNDS}: ${ratio.toFixed(2)} (aim at most ${AIM})\n`,
);
await owned.disposeAsync();
process.exit(0);
