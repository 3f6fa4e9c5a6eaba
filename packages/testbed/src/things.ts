import { binariesRequest } from "./control-plane/binaries.ts";
import { controlPlaneSources } from "./control-plane/sources.ts";
import { mariadb, mysql } from "./database/flavour.ts";
import { databaseSources } from "./database/start.ts";
import type { TestbedEnv } from "./env.ts";
import { kubectlRequest } from "./kubectl/request.ts";
import { kubectlSources } from "./kubectl/sources.ts";
import { nginxSources } from "./nginx/sources.ts";
import { whyMachineRunsNone } from "./node/machine.ts";
import { nodeSource } from "./node/sources.ts";
import type { Source } from "./sources/source.ts";

export const THING_IDS = [
  "control-plane",
  "controller-manager",
  "kubectl",
  "mysql",
  "mariadb",
  "nginx",
  "node",
] as const;
export type ThingId = (typeof THING_IDS)[number];

/** Something that the testbed can start or find. */
export type Thing = {
  readonly id: ThingId;
  readonly title: string;
  readonly sources: readonly Source<unknown>[];
  /** What the machine lacks, whatever is brought; null when it lacks nothing. */
  readonly whyNeverHere?: () => Promise<string | null>;
};

export const loadThings = async (env: TestbedEnv): Promise<readonly Thing[]> => [
  {
    id: "control-plane",
    title: "kube-apiserver and etcd",
    sources: controlPlaneSources(await binariesRequest(env, { controllerManager: false })),
  },
  {
    id: "controller-manager",
    title: "kube-apiserver, etcd and kube-controller-manager",
    sources: controlPlaneSources(await binariesRequest(env, { controllerManager: true })),
  },
  { id: "kubectl", title: "Kubernetes command line", sources: kubectlSources(await kubectlRequest(env)) },
  { id: "mysql", title: "MySQL server", sources: databaseSources(mysql, env) },
  { id: "mariadb", title: "MariaDB server", sources: databaseSources(mariadb, env) },
  { id: "nginx", title: "nginx", sources: nginxSources(env) },
  {
    id: "node",
    title: "kubelet and containerd",
    sources: [await nodeSource(env)],
    whyNeverHere: () => whyMachineRunsNone(env),
  },
];
