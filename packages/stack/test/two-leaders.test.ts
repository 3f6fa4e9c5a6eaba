import { readFile } from "node:fs/promises";

import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { conditionOf } from "../src/api-key.ts";
import type { Program } from "../src/program.ts";
import { startReconciler } from "../src/reconciler.ts";
import { verify } from "../src/verify.ts";
import { startProbe } from "./world/probe.ts";
import { storedKeys } from "./world/stored-versions.ts";
import { createTenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const start = (name: string, env: Readonly<Record<string, string>>) =>
  startReconciler({ service: world.service, kubeconfigPath: world.cluster.reconciler.kubeconfigPath, name, env });

/** By the kernel: what it logged last may not have left it. */
const isStopped = async ({ pid }: Program): Promise<boolean> =>
  /\) T /.test(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));

// A lease does not fence: who is stopped in the middle of an action, past its lease, ends that action when it wakes up.
test.runIf(process.platform === "linux").each(["stage", "register", "publish", "confirm"])(
  "a leader that was stopped before its %s, past its lease, spoils nothing when it wakes up beside the next one",
  async (effect) => {
    const tenant = await createTenant(world);
    const env = { WATCH_NAMESPACE: tenant.namespace, RESYNC: "2s" };
    await using sleeper = await start("sleeper", { ...env, ITSY_FAULT_AT: `stop:${effect}` });
    await sleeper.logged("leading");
    const name = await tenant.apply({ rotation: { overlap: "0s" }, rateLimit: { requestsPerMinute: 1_000_000 } });
    await waitUntil(() => isStopped(sleeper), { what: `it is stopped before ${effect}`, timeoutMs: 60_000 });
    await using probe = startProbe(tenant, name, { everyMs: 20 });
    await using next = await start("next", env);
    await next.logged("leading", { timeoutMs: 60_000 });
    await tenant.until(name, "is Ready", (apiKey) => conditionOf(apiKey, "Ready")?.status === "True");
    const first = await tenant.value(name);
    await tenant.requestRotation(name, "now");
    await tenant.until(name, "is rotated", (apiKey) => (apiKey.status?.revision ?? 0) >= 2);
    const second = await tenant.value(name);

    expect(await sleeper.kill("SIGCONT")).toEqual({ code: 1, signal: null });
    const { rounds } = probe;
    await waitUntil(() => probe.rounds > rounds + 3, { what: "what is readable was verified afterwards" });
    expect(probe.broken).toEqual([]);
    expect(await tenant.value(name)).toBe(second);
    expect(await verify(world.service, first)).toEqual({ valid: false, code: "REVOKED" });
    expect(await tenant.verifyValue(name)).toMatchObject({ valid: true });
    await waitUntil(() => storedKeys(world, name.name).every(({ validVersions }) => validVersions === 1), {
      what: "one version works",
    });
    expect(storedKeys(world, name.name)).toHaveLength(1);
  },
  180_000,
);
