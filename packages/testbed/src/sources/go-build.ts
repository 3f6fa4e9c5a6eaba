import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { Log } from "../log.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import { runStep } from "../process/run-step.ts";
import type { GoModule } from "./go-module.ts";

/** From this version on, go fetches the toolchain that go.mod asks for by itself. */
const GO_MINOR_MIN = 21;

export const GO_HOW_TO = `install Go 1.${GO_MINOR_MIN} or newer and let it reach a module proxy (GOPROXY)`;

/** Why this go cannot build, or null. Pure, from what `go env GOVERSION` says. */
export const goVersionProblem = (goVersion: string): string | null => {
  const minor = Number(/^go1\.(\d+)/.exec(goVersion)?.[1]);
  if (Number.isNaN(minor)) return `go tells no version that is understood (${JSON.stringify(goVersion)})`;
  return minor < GO_MINOR_MIN ? `${goVersion} is older than go1.${GO_MINOR_MIN}` : null;
};

/** Why there is no building with the go on this PATH, or null. */
export const goProblem = async (path: string): Promise<string | null> => {
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

export type GoBuild = {
  /** Shown while it runs. */
  readonly label: string;
  readonly module: GoModule;
  /** Import path of a main package that the module's `tool` lines name. */
  readonly mainPackage: string;
  /** Where the binary appears, when it is whole. */
  readonly output: string;
  readonly path: string;
};

/** Compiles one binary of Kubernetes or its neighbours; it uses all processors. */
export const goBuild = async ({ label, module, mainPackage, output, path }: GoBuild, log: Log): Promise<void> => {
  const ldflags = `-s -w -X k8s.io/component-base/version.gitVersion=${module.version}`;
  const unfinished = join(dirname(output), `.unfinished-${mainPackage.replaceAll("/", "-")}`);
  await runStep(
    {
      label,
      file: (await findOnPath("go", path)) ?? "go",
      args: ["build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", unfinished, mainPackage],
      cwd: module.dir,
      env: buildEnv,
    },
    log,
  );
  await rename(unfinished, output);
};
