import { join } from "node:path";
import { cachedDirectory } from "../sources/cached-directory.ts";
import { GO_HOW_TO, goBuild, goProblem } from "../sources/go-build.ts";
import type { Source } from "../sources/source.ts";
import { cachedKubectlDir, type KubectlRequest } from "./request.ts";

/** A build from the pinned Go modules; needs Go, a module proxy and no code of ours. */
export const builtKubectl = (request: KubectlRequest): Source<string> => {
  const { env, pinned } = request;
  const mainPackage = "k8s.io/kubernetes/cmd/kubectl";
  return {
    name: "build from Go modules",
    howTo: GO_HOW_TO,
    inspect: async () => {
      const reason = await goProblem(env.path);
      return reason === null
        ? { state: "obtainable", cost: `compiling kubectl ${pinned.version}: minutes, once` }
        : { state: "unavailable", reason };
    },
    obtain: async (log) => {
      const fill = (dir: string) =>
        goBuild(
          { label: "building kubectl", module: pinned, mainPackage, output: join(dir, "kubectl"), path: env.path },
          log,
        );
      return join(await cachedDirectory({ dir: cachedKubectlDir(request), fill }, log), "kubectl");
    },
  };
};
