import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TestbedEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { runStep } from "../process/run-step.ts";
import { firstOf } from "../sources/source.ts";
import type { GoModule } from "./module.ts";
import { goSources } from "./sources.ts";

export const GO_HOW_TO = "let this machine reach a Go module proxy (GOPROXY); Go itself comes from there, too";

/** Why there is no building from Go modules here, or null. */
export const goProblem = async (env: TestbedEnv): Promise<string | null> => {
  const findings = await Promise.all(goSources(env).map((source) => source.inspect()));
  const reasons = findings.flatMap((finding) => (finding.state === "unavailable" ? [finding.reason] : []));
  return reasons.length < findings.length ? null : reasons.join("; ");
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
  readonly env: TestbedEnv;
};

/** Compiles one binary of Kubernetes or its neighbours; it uses all processors. */
export const goBuild = async ({ label, module, mainPackage, output, env }: GoBuild, log: Log): Promise<void> => {
  const go = await firstOf("Go", goSources(env), log);
  const ldflags = `-s -w -X k8s.io/component-base/version.gitVersion=${module.version}`;
  const unfinished = join(dirname(output), `.unfinished-${mainPackage.replaceAll("/", "-")}`);
  await runStep(
    {
      label,
      file: go.value,
      args: ["build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", unfinished, mainPackage],
      cwd: module.dir,
      env: buildEnv,
    },
    log,
  );
  await rename(unfinished, output);
};
