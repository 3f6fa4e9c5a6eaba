import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { GO_HOW_TO, goBuild, goProblem } from "../go/build.ts";
import type { Log } from "../log.ts";
import { withLock } from "../sources/lock.ts";
import type { Source } from "../sources/source.ts";
import { type BinariesRequest, type BinaryName, missingFrom, type Origin, versionConflict } from "./binaries.ts";
import { cachedBinariesDir } from "./source-cached.ts";

const PACKAGES: Readonly<Record<BinaryName, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
};

/** Compiles what the directory lacks, one binary after the other: each build uses all processors already. */
const buildMissing = async (dir: string, { env, pinned, needed }: BinariesRequest, log: Log): Promise<void> => {
  const names = await missingFrom(dir, needed);
  for (const [index, name] of names.entries()) {
    const label = `building ${name} … ${index + 1} of ${names.length}`;
    const output = join(dir, name);
    await goBuild({ label, module: pinned, mainPackage: PACKAGES[name], output, env }, log);
  }
};

/** A build from the pinned Go modules; needs a module proxy and no code of ours. */
export const builtBinaries = (request: BinariesRequest): Source<Origin> => {
  const { env, pinned, needed } = request;
  return {
    name: "build from Go modules",
    howTo: GO_HOW_TO,
    inspect: async () => {
      const reason = versionConflict(request) ?? (await goProblem(env));
      return reason === null
        ? { state: "obtainable", cost: `compiling ${needed.join(", ")} ${pinned.version}: minutes, once` }
        : { state: "unavailable", reason };
    },
    obtain: async (log) => {
      const dir = cachedBinariesDir(request);
      await mkdir(dir, { recursive: true });
      const lock = { path: `${dir}.lock`, waiting: () => log("waiting for another process that builds the same") };
      await withLock(lock, () => buildMissing(dir, request, log));
      return { kind: "binaries", dir };
    },
  };
};
