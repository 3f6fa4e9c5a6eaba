import { createKubeClient, type KubeClient } from "@itsy/controller-runtime";
import { type ControlPlane, type Credentials, startControlPlane } from "@itsy/testbed";
import { KubeConfig } from "@kubernetes/client-node";

import { applyManifests, inNamespace, readManifests } from "./manifests.ts";
import { inRepository } from "./repository.ts";

export interface ClusterOptions {
  /** Keeps the objects between starts. */
  readonly dataDir?: string;
  /** Also collects garbage and deletes namespaces, as a whole cluster does. */
  readonly controllerManager?: boolean;
  /** Gets progress lines while binaries are fetched or built. */
  readonly log?: (line: string) => void;
}

/** An API server with the CRDs and the reconciler's rights, and nothing else of ours. */
export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  /** As the administrator. */
  readonly client: KubeClient;
  /** What the reconciler's pod would have: its ServiceAccount's rights and no more. */
  readonly reconciler: Credentials;
}

export const connect = (kubeconfigPath: string): KubeClient => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfigPath);
  return createKubeClient({ kubeConfig, userAgent: "itsy-stack" });
};

const SYSTEM_NAMESPACE = "itsy-system";
const SERVICE_ACCOUNT = {
  name: `system:serviceaccount:${SYSTEM_NAMESPACE}:itsy-reconciler`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${SYSTEM_NAMESPACE}`, "system:authenticated"],
};

export const startCluster = async ({ dataDir, controllerManager, log }: ClusterOptions = {}): Promise<Cluster> => {
  await using starting = new AsyncDisposableStack();
  const controlPlane = starting.use(
    await startControlPlane({
      crdPaths: [inRepository("deploy/crds")],
      ...(dataDir !== undefined && { dataDir }),
      ...(controllerManager !== undefined && { controllerManager }),
      ...(log && { log }),
    }),
  );
  const client = connect(controlPlane.kubeconfigPath);
  starting.defer(() => client.close());
  for (const file of ["namespace.yaml", "reconciler-rbac.yaml"]) {
    await applyManifests(client, inNamespace(await readManifests(`deploy/kustomize/base/${file}`), SYSTEM_NAMESPACE));
  }
  const reconciler = await controlPlane.addUser(SERVICE_ACCOUNT);
  const owned = starting.move();
  return { controlPlane, client, reconciler, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};
