import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Log } from "../log.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import { runStep } from "../process/run-step.ts";
import { withLock } from "../sources/lock.ts";
import type { Source } from "../sources/source.ts";
import { type BinariesRequest, type BinaryName, missingFrom, type Origin, versionConflict } from "./binaries.ts";
import { MODULE_DIR } from "./pinned-version.ts";
import { cachedBinariesDir } from "./source-cached.ts";

const PACKAGES: Readonly<Record<BinaryName, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
};

/** From this version on, go fetches the toolchain that go.mod asks for by itself. */
const GO_MINOR_MIN = 21;

/** Why this go cannot build, or null. Pure, from what `go env GOVERSION` says. */
export const goVersionProblem = (goVersion: string): string | null => {
  const minor = Number(/^go1\.(\d+)/.exec(goVersion)?.[1]);
  if (Number.isNaN(minor)) return `go tells no version that is understood (${JSON.stringify(goVersion)})`;
  return minor < GO_MINOR_MIN ? `${goVersion} is older than go1.${GO_MINOR_MIN}` : null;
};

const goProblem = async (path: string): Promise<string | null> => {
  const go = await findOnPath("go", path);
  if (go === null) return "there is no go on the PATH";
  // Outside the module, so that an older go does not fetch a toolchain only to answer this.
  const { stdout } = await execa(go, ["env", "GOVERSION"], { reject: false, cwd: "/" });
  return goVersionProblem(stdout);
};

const buildEnv = {
  CGO_ENABLED: "0",
  GOWORK: "off",
  // An installation may forbid fetching the toolchain that go.mod asks for; the checksum database vouches for it.
  GOTOOLCHAIN: "auto",
};

type Build = {
  readonly go: string;
  readonly dir: string;
  readonly version: string;
  readonly names: readonly BinaryName[];
};

/** Compiles one binary after the other: each build uses all processors already. A binary appears when it is whole. */
const buildBinaries = async ({ go, dir, version, names }: Build, log: Log): Promise<void> => {
  const ldflags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", ldflags];
  for (const [index, name] of names.entries()) {
    const unfinished = join(dir, `.unfinished-${name}`);
    await runStep(
      {
        label: `building ${name} … ${index + 1} of ${names.length}`,
        file: go,
        args: ["build", ...flags, "-o", unfinished, PACKAGES[name]],
        cwd: MODULE_DIR,
        env: buildEnv,
      },
      log,
    );
    await rename(unfinished, join(dir, name));
  }
};

/** A build from the pinned Go modules; needs Go, a module proxy and no code of ours. */
export const builtBinaries = (request: BinariesRequest): Source<Origin> => {
  const { env, pinned, needed } = request;
  return {
    name: "build from Go modules",
    howTo: `install Go 1.${GO_MINOR_MIN} or newer and let it reach a module proxy (GOPROXY)`,
    inspect: async () => {
      const reason = versionConflict(request) ?? (await goProblem(env.path));
      return reason === null
        ? { state: "obtainable", cost: `compiling ${needed.join(", ")} ${pinned.version}: minutes, once` }
        : { state: "unavailable", reason };
    },
    obtain: async (log) => {
      const go = (await findOnPath("go", env.path)) ?? "go";
      const dir = cachedBinariesDir(request);
      await mkdir(dir, { recursive: true });
      const lock = { path: `${dir}.lock`, waiting: () => log("waiting for another process that builds the same") };
      await withLock(lock, async () => {
        const names = await missingFrom(dir, needed);
        await buildBinaries({ go, dir, version: pinned.version, names }, log);
      });
      return { kind: "binaries", dir };
    },
  };
};
