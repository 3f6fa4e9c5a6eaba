import { fileURLToPath } from "node:url";
import { aptRootSource } from "../debian/apt-root-source.ts";
import { readEnv, type TestbedEnv } from "../env.ts";
import { builtProgram } from "../go/built-program.ts";
import { readGoModule } from "../go/module.ts";
import { bothSources, type Source } from "../sources/source.ts";
import { whyMachineRunsNone } from "./machine.ts";

/** Apart from the control plane's module, so that neither one's dependencies change the other one's cache key. */
const MODULE_DIR = fileURLToPath(new URL("../../kubelet", import.meta.url));

export type NodePrograms = {
  /** Full path. */
  readonly kubelet: string;
  /** A directory tree with containerd, runc and a static busybox. */
  readonly root: string;
};

export const readKubeletModule = () => readGoModule(MODULE_DIR);

/** The kubelet comes as the control plane does, what it drives from the machine's own release of Debian. */
export const nodeSource = async (env: TestbedEnv): Promise<Source<NodePrograms>> => {
  const kubelet = builtProgram({ name: "kubelet", module: await readKubeletModule() }, env);
  const apt = { suite: null, packages: ["containerd", "runc", "busybox-static"] };
  const runtime = aptRootSource({ id: "container-runtime", apt, recipe: ["1"] }, env);
  const programs = bothSources([kubelet, runtime], ([kubeletFile, root]) => ({ kubelet: kubeletFile, root }));
  return {
    ...programs,
    inspect: async () => {
      const reason = await whyMachineRunsNone(env);
      return reason === null ? programs.inspect() : { state: "unavailable", reason };
    },
  };
};

/**
 * Why `startNode` would fail here, or null. With `CI=true` only what no download mends is a reason: what can be brought
 * has to be, and a test that has no node then fails.
 */
export const whyNoNode = async (): Promise<string | null> => {
  const env = readEnv();
  if (env.useExistingCluster) return "it joins only a control plane of our own, and USE_EXISTING_CLUSTER names another";
  if (env.ci) return whyMachineRunsNone(env);
  const finding = await (await nodeSource(env)).inspect();
  return finding.state === "unavailable" ? finding.reason : null;
};
