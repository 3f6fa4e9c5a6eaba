import { z } from "zod";

import { Subdomain } from "../../dns-names.ts";

const RestartTarget = z.object({
  kind: z.enum(["Deployment", "StatefulSet", "DaemonSet"]).describe("Kind of the workload."),
  name: Subdomain.describe("Its name, in the namespace of this ApiKey."),
});
export type RestartTarget = z.output<typeof RestartTarget>;

export const RestartTargets = z
  .array(RestartTarget)
  .max(16)
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["kind", "name"] })
  .describe(
    "Workloads that are rolled out anew, once, for each new secret: those that read it as an environment variable need that. Not for the first secret, which their pods wait for. The reconciler needs a right for it in this namespace (reconciler rbac --restart-targets).",
  );

export const Propagate = z
  .enum(["Eventually", "Prompt"])
  .describe(
    "How a new secret reaches the files of running pods. Eventually (default): their kubelet looks by itself, after 60 to 90 s. Prompt: an annotation of the pods that mount the Secret is touched, and their kubelet looks within a second. The reconciler needs a right for it in this namespace (reconciler rbac --propagate).",
  );
