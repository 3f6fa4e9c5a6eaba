import { defineResource, isAlreadyExists, type KubeObject } from "@itsy/controller-runtime";

import type { RestartTarget } from "../src/api-key/schema/workloads.ts";
import { Pods, type Workload, workloads } from "../src/api-key/workloads/resources.ts";
import type { Place } from "./world.ts";

const ServiceAccounts = defineResource<KubeObject>({
  apiVersion: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
});

const container = { name: "main", image: "example.com/none" };

/** A workload of the kind, whose pods nobody makes here. */
export const createWorkload = (place: Place, { kind, name }: RestartTarget) => {
  const labels = { app: name };
  const spec = {
    selector: { matchLabels: labels },
    ...(kind === "StatefulSet" ? { serviceName: name } : {}),
    template: { metadata: { labels }, spec: { containers: [container] } },
  };
  return place.kube.create<Workload>(workloads[kind], { metadata: { name, namespace: place.namespace }, spec });
};

export const getWorkload = (place: Place, { kind, name }: RestartTarget) =>
  place.kube.get(workloads[kind], { namespace: place.namespace, name });

/** The mark that makes a workload roll out, and how often its spec was changed. */
export const rolloutOf = (workload: Workload | null) => ({
  mark: workload?.spec?.template?.metadata?.annotations?.["restart.keys.itsy.dev/website"],
  generation: workload?.metadata.generation,
});

/** A pod with the volumes, that no kubelet runs. */
export const createPod = async (place: Place, name: string, volumes: readonly object[]) => {
  const spec = { containers: [container], automountServiceAccountToken: false, volumes };
  // Without a controller-manager nobody makes the namespace's default ServiceAccount.
  await place.kube
    .create(ServiceAccounts, { metadata: { name: "default", namespace: place.namespace } })
    .catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  return place.kube.create(Pods, { metadata: { name, namespace: place.namespace }, spec });
};

export const getPod = (place: Place, name: string) => place.kube.get(Pods, { namespace: place.namespace, name });
