import { resolve } from "node:path";
import { findOnPath } from "../process/die-with-parent.ts";
import type { Source } from "../sources/source.ts";
import { cachedKubectlDir, type KubectlRequest, kubectlIn } from "./request.ts";

type Place = {
  readonly name: string;
  readonly howTo: string;
  readonly look: () => Promise<string | null>;
  /** Said when the place has none. */
  readonly reason: string;
};

const foundIn = ({ name, howTo, look, reason }: Place): Source<string> => ({
  name,
  howTo,
  inspect: async () => {
    const file = await look();
    return file === null ? { state: "unavailable", reason } : { state: "ready", detail: file };
  },
  obtain: async () => {
    const file = await look();
    if (file === null) throw new Error(reason);
    return file;
  },
});

/** The one that the person at this machine uses. */
export const kubectlOnPath = ({ env }: KubectlRequest): Source<string> =>
  foundIn({
    name: "PATH",
    howTo: "install kubectl so that it is on the PATH",
    look: async () => {
      const file = await findOnPath("kubectl", env.path);
      return file === null ? null : resolve(file);
    },
    reason: "there is no kubectl on the PATH",
  });

/** Beside the binaries that `KUBEBUILDER_ASSETS` names, where Go's setup-envtest puts it. */
export const givenKubectl = ({ env: { kubebuilderAssets } }: KubectlRequest): Source<string> =>
  foundIn({
    name: "KUBEBUILDER_ASSETS",
    howTo: "set it to a directory with kubectl",
    look: async () => (kubebuilderAssets === null ? null : kubectlIn(resolve(kubebuilderAssets))),
    reason: kubebuilderAssets === null ? "not set" : `${kubebuilderAssets} lacks kubectl`,
  });

/** What an earlier build left in the cache. */
export const cachedKubectl = (request: KubectlRequest): Source<string> => {
  const dir = cachedKubectlDir(request);
  return foundIn({
    name: "cache",
    howTo: "`npm run testbed -- fetch kubectl` fills it",
    look: () => kubectlIn(dir),
    reason: `${dir} lacks kubectl`,
  });
};
