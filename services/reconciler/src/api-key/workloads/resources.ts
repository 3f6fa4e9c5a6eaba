import { defineResource, type KubeObject, type PodTemplate, type ResourceType } from "@itsy/controller-runtime";

import type { RestartTarget } from "../schema/workloads.ts";

/** Whatever makes pods from a template. */
export interface Workload extends KubeObject {
  readonly spec?: { readonly template?: PodTemplate };
}

const workload = (kind: RestartTarget["kind"], plural: string): ResourceType<Workload> =>
  defineResource<Workload>({ apiVersion: "apps/v1", kind, plural, namespaced: true });

export const workloads: Readonly<Record<RestartTarget["kind"], ResourceType<Workload>>> = {
  Deployment: workload("Deployment", "deployments"),
  StatefulSet: workload("StatefulSet", "statefulsets"),
  DaemonSet: workload("DaemonSet", "daemonsets"),
};

interface SecretSource {
  readonly secret?: { readonly secretName?: string; readonly name?: string };
}

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly volumes?: readonly (SecretSource & {
      readonly projected?: { readonly sources?: readonly SecretSource[] };
    })[];
  };
  readonly status?: { readonly phase?: string };
}

export const Pods = defineResource<Pod>({ apiVersion: "v1", kind: "Pod", plural: "pods", namespaced: true });

/** Whether a pod that lives has the Secret as files, by itself or projected. */
export const mounts = ({ metadata, spec, status }: Pod, secretName: string): boolean => {
  if (metadata.deletionTimestamp !== undefined || status?.phase === "Succeeded" || status?.phase === "Failed")
    return false;
  return (spec?.volumes ?? []).some(
    ({ secret, projected }) =>
      secret?.secretName === secretName ||
      (projected?.sources ?? []).some((source) => source.secret?.name === secretName),
  );
};
