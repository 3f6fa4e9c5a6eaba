import { fileURLToPath } from "node:url";
import type { Credentials } from "@itsy/testbed";
import { KubeConfig } from "@kubernetes/client-node";

export const crdFolder = fileURLToPath(new URL("../../../deploy/crds", import.meta.url));

export const loadKubeConfig = ({ kubeconfigPath }: Pick<Credentials, "kubeconfigPath">): KubeConfig => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfigPath);
  return kubeConfig;
};
