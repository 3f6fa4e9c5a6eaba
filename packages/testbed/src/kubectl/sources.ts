import { builtProgram } from "../go/built-program.ts";
import type { Source } from "../sources/source.ts";
import type { KubectlRequest } from "./request.ts";
import { downloadedKubectl } from "./source-download.ts";
import { cachedKubectl, givenKubectl, kubectlOnPath } from "./source-found.ts";

/** The sources in the order in which they are tried; each delivers the full path of a kubectl. */
export const kubectlSources = (request: KubectlRequest): readonly Source<string>[] => [
  kubectlOnPath(request),
  givenKubectl(request),
  cachedKubectl(request),
  downloadedKubectl(request),
  builtProgram({ name: "kubectl", module: request.pinned }, request.env),
];
