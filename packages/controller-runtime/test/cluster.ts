import { type ControlPlane, startControlPlane } from "@itsy/testbed";
import { KubeConfig } from "@kubernetes/client-node";
import { createKubeClient, type KubeClient, type KubeClientOptions, Namespaces } from "../src/index.ts";

export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly port: number;
  /** The administrator's client, straight to the server. */
  readonly admin: KubeClient;
  /** A client with its own connections; `port` leads it through a proxy. */
  client(options?: ClientOptions): KubeClient;
  /** A fresh namespace. */
  namespace(): Promise<string>;
}

export interface ClientOptions extends Partial<Omit<KubeClientOptions, "kubeConfig">> {
  readonly port?: number;
  readonly kubeconfigYaml?: string;
}

export const kubeConfigOf = (yaml: string, port?: number): KubeConfig => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(yaml);
  if (port === undefined) return kubeConfig;
  const clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, server: `https://127.0.0.1:${port}` }));
  kubeConfig.clusters = clusters;
  return kubeConfig;
};

export const startCluster = async (): Promise<Cluster> => {
  const controlPlane = await startControlPlane();
  const clients: KubeClient[] = [];
  const client = ({
    port,
    kubeconfigYaml = controlPlane.kubeconfigYaml,
    ...options
  }: ClientOptions = {}): KubeClient => {
    const kubeConfig = kubeConfigOf(kubeconfigYaml, port);
    const made = createKubeClient({ kubeConfig, userAgent: "controller-runtime-tests", ...options });
    clients.push(made);
    return made;
  };
  const admin = client();
  let namespaces = 0;
  return {
    controlPlane,
    port: Number(new URL(controlPlane.server).port),
    admin,
    client,
    namespace: async () => {
      const name = `test-${++namespaces}`;
      await admin.create(Namespaces, { metadata: { name } });
      return name;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((each) => each.close()));
      await controlPlane[Symbol.asyncDispose]();
    },
  };
};
