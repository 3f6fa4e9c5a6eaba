import { Events } from "@itsy/controller-runtime";
import { type Node, startNode, waitUntil, whyNoNode } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { applyAskingPod, type Call, digestOf } from "../src/asking-pod.ts";
import type { Program } from "../src/program.ts";
import { grantRights, startReconciler } from "../src/reconciler.ts";
import { createTenant, type Tenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

/** Much longer than a test may take: a kubelet that looks only when something tells it to. */
const NEVER_MS = 3_600_000;
const PROBED = { rateLimit: { requestsPerMinute: 1_000_000 } };

interface Place extends AsyncDisposable {
  readonly world: World;
  readonly node: Node;
  readonly tenant: Tenant;
  readonly startReconciler: () => Promise<Program>;
}

const startPlace = async (syncFrequencyMs: number): Promise<Place> => {
  await using starting = new AsyncDisposableStack();
  const world = starting.use(await startWorld());
  const { controlPlane, reconciler } = world.cluster;
  const node = starting.use(await startNode({ controlPlane, syncFrequencyMs }));
  const tenant = await createTenant(world);
  const owned = starting.move();
  return {
    world,
    node,
    tenant,
    startReconciler: async () =>
      owned.use(await startReconciler({ service: world.service, kubeconfigPath: reconciler.kubeconfigPath })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const depsOf = ({ world, node }: Place) => ({ client: world.cluster.client, node, service: world.service });

const digestsOf = (calls: readonly Call[], from: Call["from"]): readonly string[] => [
  ...new Set(calls.filter((call) => call.from === from).map(({ digest }) => digest)),
];
const refused = (calls: readonly Call[]) => calls.filter(({ answer }) => answer?.valid !== true);

const until = (what: string, check: () => Promise<boolean>) => waitUntil(check, { what, timeoutMs: 60_000 });

const hasFailedMount = async ({ world, tenant: { namespace } }: Place): Promise<boolean> => {
  const { items } = await world.cluster.client.listPage(Events, { namespace });
  return items.some(({ reason }) => reason === "FailedMount");
};

const reason = await whyNoNode();
if (reason !== null) process.stderr.write(`not run, for want of a node: ${reason}\n`);

describe.skipIf(reason !== null)("a pod on a real node", { timeout: 180_000 }, () => {
  test("applied together with its ApiKey it starts by itself, and a rotation with overlap costs it no refused call", async () => {
    await using place = await startPlace(1000);
    const { tenant } = place;
    const name = await tenant.apply({ ...PROBED, rotation: { overlap: "20s" } });
    const pod = await applyAskingPod(depsOf(place), name);
    await until("the kubelet misses the Secret", () => hasFailedMount(place));
    expect(await tenant.findValue(name)).toBeNull();

    await place.startReconciler();
    await until("the pod asks", async () => (await pod.calls()).some(({ from }) => from === "env"));
    const oldDigest = digestOf(await tenant.value(name));
    await tenant.requestRotation(name, "once");
    const { status } = await tenant.until(name, "has revision 2", (apiKey) => apiKey.status?.revision === 2);
    const overlapEndsMs = Date.parse(status?.retiringUntil ?? "");
    const newDigest = digestOf(await tenant.value(name));
    const isRefused = async () => refused(await pod.calls()).length > 0;
    await until("the overlap is over", isRefused);

    const calls = await pod.calls();
    expect(digestsOf(calls, "file")).toEqual([oldDigest, newDigest]);
    expect(refused(calls.filter(({ from }) => from === "file"))).toEqual([]);
    // An environment variable never follows: it works for as long as the overlap lasts, and not a call longer or shorter.
    expect(digestsOf(calls, "env")).toEqual([oldDigest]);
    expect(refused(calls.filter(({ atMs }) => atMs < overlapEndsMs))).toEqual([]);
    expect(refused(calls)[0]).toMatchObject({ from: "env", answer: { valid: false, code: "REVOKED" } });
  });

  test("with propagate: Prompt a new value reaches the file although its kubelet does not look by itself", async () => {
    await using place = await startPlace(NEVER_MS);
    const { tenant, world } = place;
    await grantRights(world.cluster.client, tenant.namespace, ["--propagate"]);
    await place.startReconciler();
    const name = await tenant.applyReady({ ...PROBED, rotation: { overlap: "1h" }, propagate: "Prompt" });
    const pod = await applyAskingPod(depsOf(place), name);
    await until("the pod asks", async () => (await pod.calls()).length > 0);
    await tenant.requestRotation(name, "once");
    await until("the file has the new value", async () => digestsOf(await pod.calls(), "file").length === 2);
    expect(digestsOf(await pod.calls(), "file").at(-1)).toBe(digestOf(await tenant.value(name)));
    expect(refused(await pod.calls())).toEqual([]);
  });
});
