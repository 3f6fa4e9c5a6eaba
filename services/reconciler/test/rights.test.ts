import { readdir } from "node:fs/promises";
import { createKubeClient, type KubeClient, KubeError, Leases, Namespaces, Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ApiKeys } from "../src/api-key/resource.ts";
import { loadKubeConfig } from "./control-plane.ts";
import { deploy, type Installation, install } from "./installation.ts";
import { kubectl, shell } from "./kubectl.ts";
import { createPod, createWorkload, getPod, getWorkload, rolloutOf } from "./workloads.ts";
import { conditionOf, createPlace, isReady, type Place, startWorld, valueOf, type World } from "./world.ts";

let world: World;
let installation: Installation;
let kube: KubeClient;

beforeAll(async () => {
  world = await startWorld();
  installation = await install(world);
  kube = createKubeClient({ kubeConfig: loadKubeConfig(installation.reconciler), userAgent: "test" });
});
afterAll(async () => {
  await kube?.close();
  await world?.[Symbol.asyncDispose]();
});

/** All namespaces are watched with these rights, as in an installation. */
const startAsServiceAccount = (place: Place) => place.start({ credentials: installation.reconciler });

test("with the rendered rights and no others, a key is made, rotated and released", async () => {
  const place = await createPlace(world);
  await installation.serve(place);
  await using _ = startAsServiceAccount(place);
  await place.apply();
  await place.untilReady();
  await place.requestRotation("now");
  await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
  expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
  await waitUntil(async () => (await place.events()).length >= 2, { what: "events are written" });
  await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
  await place.untilGone();
  expect(await place.secrets()).toEqual([]);
});

/** `kubectl auth reconcile` says on stderr what it adds. */
const shellOf = async (line: string) => {
  const { code, stderr } = await shell(world.controlPlane, line);
  return { code, complaints: stderr.match(/error|warning|forbidden/i) };
};
const commandIn = (message = ""): string => message.split("To grant it: ")[1] ?? "";

test("without the rights the condition names what is missing and the command that grants it; run as it stands, it helps", async () => {
  const place = await createPlace(world);
  await using _ = startAsServiceAccount(place);
  await place.apply();
  const apiKey = await place.untilReason("MissingPermission");
  expect(conditionOf(apiKey, "Stalled")).toMatchObject({
    status: "True",
    message: expect.stringMatching(/itsy-reconciler may not get secrets in namespace ".*To grant it: kubectl/),
  });
  expect(place.delivery.keys).toEqual([]);
  const command = commandIn(conditionOf(apiKey, "Stalled")?.message);
  expect(await shellOf(command)).toEqual({ code: 0, complaints: null });
  await place.untilReady();
});

test("the command helps just the same where the role of that name is there and lacks one verb", async () => {
  const place = await createPlace(world);
  const { namespace } = place;
  const name = "itsy-reconciler-secrets";
  const role = `kubectl -n ${namespace} create role ${name} --verb=get,create,delete --resource=secrets`;
  const binding = `kubectl -n ${namespace} create rolebinding ${name} --role=${name} --serviceaccount=itsy-system:itsy-reconciler`;
  expect(await shell(world.controlPlane, `${role} && ${binding}`)).toMatchObject({ code: 0 });
  await using _ = startAsServiceAccount(place);
  await place.apply({ rotation: { every: "720h", overlap: "1h" } });
  await place.untilReady();
  // Publishing over the Secret that is there is a patch.
  await place.requestRotation("now");
  const apiKey = await place.until(
    "patch is missing",
    (key) => conditionOf(key, "Stalled")?.reason === "MissingPermission",
  );
  const { message } = conditionOf(apiKey, "Stalled") ?? {};
  expect(message).toMatch(/may not patch secrets/);
  expect(await shellOf(commandIn(message))).toEqual({ code: 0, complaints: null });
  await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
});

test("workloads are touched where the namespace's administrator allows it; else the warning says what to run", async () => {
  const place = await createPlace(world);
  await installation.serve(place);
  const target = { kind: "Deployment", name: "website" } as const;
  await createWorkload(place, target);
  await createPod(place, "website", [{ name: "key", secret: { secretName: "website" } }]);
  await using _ = startAsServiceAccount(place);
  await place.apply({ restartTargets: [target], propagate: "Prompt" });
  const first = await place.untilReady();
  expect(conditionOf(first, "Warning")).toMatchObject({ reason: "RestartNotPermitted" });
  await place.requestRotation("now");
  const second = await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
  const commands = (conditionOf(second, "Warning")?.message ?? "").split("\n").map(commandIn);
  expect(commands).toHaveLength(2);
  for (const command of commands) expect(await shellOf(command)).toEqual({ code: 0, complaints: null });
  await place.until("the warning is gone", (key) => conditionOf(key, "Warning") === undefined);
  expect(rolloutOf(await getWorkload(place, target)).mark).toMatch(/\/2$/);
  expect((await getPod(place, "website"))?.metadata.annotations).toMatchObject({
    "propagate.keys.itsy.dev/website": expect.stringMatching(/\/2$/),
  });
});

const statusOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "allowed",
    (error: unknown) => (error instanceof KubeError ? error.reason : error),
  );

test("what it does not need it may not do", async () => {
  const place = await createPlace(world);
  await installation.serve(place);
  const { namespace } = place;
  const website = { namespace, name: "website" };
  const foreign = { namespace: "itsy-system", name: "itsy-reconciler-token" };
  await place.apply();
  expect(await statusOf(kube.listPage(Secrets, { namespace }))).toBe("Forbidden");
  expect(await statusOf(kube.listPage(Secrets, {}))).toBe("Forbidden");
  expect(await statusOf(kube.get(Secrets, foreign))).toBe("Forbidden");
  expect(await statusOf(kube.delete(ApiKeys, website))).toBe("Forbidden");
  expect(await statusOf(kube.create(Namespaces, { metadata: { name: "another" } }))).toBe("Forbidden");
  expect(await statusOf(kube.get(Leases, { namespace, name: "itsy-reconciler" }))).toBe("Forbidden");
  expect(await statusOf(kube.get(Leases, { namespace: "itsy-system", name: "other" }))).toBe("Forbidden");
  expect(await statusOf(kube.get(Leases, { namespace: "itsy-system", name: "itsy-reconciler" }))).toBe("allowed");
});

test("an API server takes every object in deploy/", async () => {
  const rendered = await kubectl(world.controlPlane, ["kustomize", deploy("kustomize/base")]);
  const base = await kubectl(world.controlPlane, ["apply", "--dry-run=server", "-f", "-"], rendered.stdout);
  expect(base).toMatchObject({ code: 0, stderr: "" });
  expect(base.stdout).toMatch(/deployment.apps\/itsy-reconciler/);
  // The samples need their namespace, and a pod its ServiceAccount, which nobody makes without a controller-manager.
  await kubectl(world.controlPlane, ["apply", "-f", deploy("samples/namespace.yaml")]);
  await kubectl(world.controlPlane, ["create", "serviceaccount", "default", "-n", "shop"]);
  for (const folder of ["crds", "samples"]) {
    const applied = await kubectl(world.controlPlane, ["apply", "--dry-run=server", "-f", deploy(folder)]);
    expect(applied.code, applied.stderr).toBe(0);
    const manifests = (await readdir(deploy(folder))).filter((name) => name.endsWith(".yaml"));
    expect(applied.stdout.trim().split("\n").length).toBeGreaterThanOrEqual(manifests.length);
  }
});

test("the samples apply in the order of the tour; the pod as a dry run, since no node is here", async () => {
  const samples = ["namespace", "reconciler-rights", "workspace-grant", "workspace-user", "apikey", "rotation"];
  for (const sample of samples.map((name) => `${name}.yaml`)) {
    const applied = await kubectl(world.controlPlane, ["apply", "-f", deploy(`samples/${sample}`)]);
    expect(applied).toMatchObject({ code: 0, stderr: "" });
  }
  // Without a controller-manager nobody makes the namespace's default ServiceAccount.
  await kubectl(world.controlPlane, ["create", "serviceaccount", "default", "-n", "shop"]);
  const pod = await kubectl(world.controlPlane, ["apply", "--dry-run=server", "-f", deploy("samples/pod.yaml")]);
  expect(pod).toMatchObject({ code: 0, stderr: "" });
});

test("kubectl refuses an unknown field with a readable message, and explains the known ones", async () => {
  const manifest = `
apiVersion: keys.itsy.dev/v1
kind: ApiKey
metadata: { name: unknown-field, namespace: default }
spec: { workspace: acme, displayName: x, environment: local, ratelimit: { requestsPerMinute: 5 } }
`;
  const applied = await kubectl(world.controlPlane, ["apply", "-f", "-"], manifest);
  expect(applied.code).not.toBe(0);
  expect(applied.stderr).toMatch(/unknown field "spec.ratelimit"/);
  expect(await world.kube.get(ApiKeys, { namespace: "default", name: "unknown-field" })).toBeNull();
  const explained = await kubectl(world.controlPlane, ["explain", "apikey.spec.rotation"]);
  expect(explained.stdout).toMatch(/How long the secret before still works/);
});

test("kubectl get shows the columns, and wait works", async () => {
  const place = await createPlace(world);
  await using _ = place.start();
  await place.apply();
  const waited = await kubectl(world.controlPlane, [
    "wait",
    "--for=condition=Ready",
    "--timeout=20s",
    "-n",
    place.namespace,
    "apikey/website",
  ]);
  expect(waited).toMatchObject({ code: 0 });
  const shown = await kubectl(world.controlPlane, ["get", "ak", "-n", place.namespace, "-o", "wide"]);
  expect(shown.stdout).toMatch(/NAME\s+READY\s+STATUS\s+ENVIRONMENT\s+PREFIX\s+REVISION\s+AGE\s+KEY ID\s+SECRET/);
  expect(shown.stdout).toMatch(/website\s+True\s+Delivered\s+production\s+itsy_production_sk_\S{4}\s+1\s/);
  const selected = await kubectl(world.controlPlane, [
    "get",
    "itsy",
    "-n",
    place.namespace,
    "--field-selector",
    "spec.environment=production",
    "-o",
    "name",
  ]);
  expect(selected.stdout.trim()).toBe("apikey.keys.itsy.dev/website");
});
