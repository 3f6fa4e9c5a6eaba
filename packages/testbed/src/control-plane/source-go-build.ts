import { join } from "node:path";
import { execa } from "execa";
import type { Log } from "../log.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import { runStep } from "../process/run-step.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import type { Source } from "../sources/source.ts";
import { BINARY_NAMES, type BinariesRequest, type BinaryName, type Origin, versionConflict } from "./binaries.ts";
import { MODULE_DIR } from "./pinned-version.ts";
import { cachedBinariesDir } from "./source-cached.ts";

const PACKAGES: Readonly<Record<BinaryName, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
};

/** From this version on, go fetches the toolchain that go.mod asks for by itself. */
const GO_MINOR_MIN = 21;

const goProblem = async (go: string | null): Promise<string | null> => {
  if (go === null) return "there is no go on the PATH";
  const { stdout, failed } = await execa(go, ["env", "GOVERSION"], { reject: false, cwd: "/" });
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
  if (failed || Number.isNaN(minor)) return `${go} does not tell its version`;
  return minor < GO_MINOR_MIN ? `${stdout} is older than go1.${GO_MINOR_MIN}` : null;
};

const buildEnv = {
  CGO_ENABLED: "0",
  GOWORK: "off",
  // An installation may forbid fetching the toolchain that go.mod asks for; the checksum database vouches for it.
  GOTOOLCHAIN: "auto",
};

/** Compiles every binary into `dir`, one after the other: each build uses all processors already. */
export const buildBinaries = async (
  { dir, go, version }: { readonly dir: string; readonly go: string; readonly version: string },
  log: Log,
): Promise<void> => {
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags"];
  const ldflags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  for (const [index, name] of BINARY_NAMES.entries()) {
    await runStep(
      {
        label: `building ${name} … ${index + 1} of ${BINARY_NAMES.length}`,
        file: go,
        args: ["build", ...flags, ldflags, "-o", join(dir, name), PACKAGES[name]],
        cwd: MODULE_DIR,
        env: buildEnv,
      },
      log,
    );
  }
};

/** A build from the pinned Go modules; needs Go, a module proxy and no code of ours. */
export const builtBinaries = (request: BinariesRequest): Source<Origin> => {
  const { env, pinned } = request;
  return {
    name: "build from Go modules",
    howTo: `install Go 1.${GO_MINOR_MIN} or newer and let it reach a module proxy (GOPROXY)`,
    inspect: async () => {
      const reason = versionConflict(request) ?? (await goProblem(await findOnPath("go", env.path)));
      return reason === null
        ? { state: "obtainable", cost: `compiling ${pinned.version}, 4 to 5 minutes on two cores, once` }
        : { state: "unavailable", reason };
    },
    obtain: async (log) => {
      const go = (await findOnPath("go", env.path)) ?? "go";
      const fill = (dir: string) => buildBinaries({ dir, go, version: pinned.version }, log);
      const dir = await cachedDirectory({ dir: cachedBinariesDir(request), fill }, log);
      return { kind: "binaries", dir };
    },
  };
};
