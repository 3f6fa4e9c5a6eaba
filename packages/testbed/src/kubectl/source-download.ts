import { downloadedBinaries } from "../control-plane/source-download.ts";
import type { Source } from "../sources/source.ts";
import { type KubectlRequest, kubectlIn } from "./request.ts";

/** Beside the control plane in the archives that the Kubernetes project publishes for envtest. */
export const downloadedKubectl = ({ controlPlane }: KubectlRequest): Source<string> => {
  const archive = downloadedBinaries(controlPlane);
  return {
    ...archive,
    obtain: async (log) => {
      const { dir } = await archive.obtain(log);
      const file = await kubectlIn(dir);
      if (file === null) throw new Error(`${dir} lacks kubectl`);
      return file;
    },
  };
};
