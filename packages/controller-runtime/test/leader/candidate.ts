// A process that leads when it may, and writes down each moment at which it acts as the leader.
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";

import { createKubeClient, createLeaderElector } from "../../src/index.ts";

const [kubeconfig = "", port = "", log = "", identity = "", bounds = "{}"] = process.argv.slice(2);

// The clock that all processes of the machine have in common.
const write = (atNs: bigint, what: string): void => appendFileSync(log, `${atNs} ${identity} ${what}\n`);

const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(kubeconfig);
kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, server: `https://127.0.0.1:${port}` }));
const client = createKubeClient({ kubeConfig, userAgent: identity });
const elector = createLeaderElector({
  client,
  namespace: "default",
  name: "candidates",
  identity,
  ...(JSON.parse(bounds) as object),
  onLost: () => process.exit(1),
});

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
write(process.hrtime.bigint(), "ready");
await elector.run(stop.signal, async (signal) => {
  while (!signal.aborted) {
    // Before the question: whatever stops the process in between, the moment that is written down was a leader's.
    const atNs = process.hrtime.bigint();
    if (elector.isLeading) write(atNs, "act");
    await sleep(2);
  }
});
await client.close();
