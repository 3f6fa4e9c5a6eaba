import type { Source } from "../sources/source.ts";
import { type BinariesRequest, missingFrom, type Origin } from "./binaries.ts";

/** The directory that `KUBEBUILDER_ASSETS` names, as for Go's envtest. */
export const givenBinaries = ({ env, needed }: BinariesRequest): Source<Origin> => ({
  name: "KUBEBUILDER_ASSETS",
  howTo: `set it to a directory with ${needed.join(", ")}`,
  inspect: async () => {
    if (env.kubebuilderAssets === null) return { state: "unavailable", reason: "not set" };
    const missing = await missingFrom(env.kubebuilderAssets, needed);
    return missing.length === 0
      ? { state: "ready", detail: env.kubebuilderAssets }
      : { state: "unavailable", reason: `${env.kubebuilderAssets} lacks ${missing.join(", ")}` };
  },
  obtain: async () => ({ kind: "binaries", dir: env.kubebuilderAssets ?? "" }),
});
