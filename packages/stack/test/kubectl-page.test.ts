import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { Secrets } from "@itsy/controller-runtime";
import { findKubectl, waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ApiKeys } from "../src/api-key.ts";
import { applyManifests, readManifests } from "../src/manifests.ts";
import type { Program } from "../src/program.ts";
import { startReconciler } from "../src/reconciler.ts";
import { inRepository } from "../src/repository.ts";
import { WORKSPACE } from "../src/service.ts";
import { isAsShown, readShown, type Shown } from "./kubectl/page.ts";
import { startWorld, type World } from "./world/world.ts";

const NAMESPACE = "shop";
let program: string;
let world: World;
let reconciler: Program;
beforeAll(async () => {
  program = await findKubectl();
  world = await startWorld();
  const { service, cluster } = world;
  const { kubeconfigPath } = cluster.reconciler;
  reconciler = await startReconciler({ service, kubeconfigPath, env: { RESYNC: "1s", RETRY_MAX: "500ms" } });
  await reconciler.logged("controller started");
  await applyManifests(cluster.client, await readManifests("deploy/samples/namespace.yaml"));
});
afterAll(async () => {
  await reconciler?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** As a person at the repository's root. */
const run = async (command: string): Promise<string> => {
  const [name, ...args] = command.split(" ");
  if (name !== "kubectl") throw new Error(`not a command of kubectl: ${command}`);
  const kubeconfig = ["--kubeconfig", world.cluster.controlPlane.kubeconfigPath];
  return (await promisify(execFile)(program, [...kubeconfig, ...args], { cwd: inRepository(".") })).stdout;
};

/** What only reads is run again until it is as shown: the reconciler needs a moment. */
const expectAsShown = async ({ command, output }: Shown): Promise<void> => {
  let real = await run(command);
  const look = async () => {
    if (isAsShown(real, output)) return true;
    if (/ (get|describe) /.test(command)) real = await run(command);
    return false;
  };
  await waitUntil(look, { what: `"${command}" is as shown`, timeoutMs: 30_000 }).catch(() => {});
  if (!isAsShown(real, output)) expect(real, command).toBe(output);
};

/** One after another, since each builds on the one before. */
const expectSection = async (section: string): Promise<void> => {
  const shown = await readShown(section);
  expect(shown).not.toEqual([]);
  for (const one of shown) await expectAsShown(one);
};

const apply = (name: string, spec: Readonly<Record<string, unknown>>) =>
  world.cluster.client.create(ApiKeys, {
    metadata: { name, namespace: NAMESPACE },
    spec: { workspace: WORKSPACE, displayName: name, environment: "production", ...spec },
  });

// In the order of the page: what one section leaves is what the next begins with.
test("docs/kubectl.md: from nothing to Ready, with wait, get -o wide and describe", () =>
  expectSection("From nothing to Ready"));

test("docs/kubectl.md: explain", () => expectSection("What the fields mean"));

test("docs/kubectl.md: what goes wrong, and what helps", async () => {
  const name = { namespace: NAMESPACE, name: "website" };
  const keyId = (await world.cluster.client.get(ApiKeys, name))?.status?.keyId ?? "";
  await world.admin.keys.revoke({ keyId });
  await world.cluster.client.create(Secrets, { metadata: { namespace: NAMESPACE, name: "taken" } });
  await apply("taken", {});
  await apply("fast", { rateLimit: { requestsPerMinute: 5_000 } });
  await apply("preview", { expiresAt: "2020-01-01T00:00:00Z" });
  await expectSection("What goes wrong, and what helps");
});
