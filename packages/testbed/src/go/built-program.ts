import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestbedEnv } from "../env.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import type { Source } from "../sources/source.ts";
import { GO_HOW_TO, goBuild, goProblem } from "./build.ts";
import type { GoModule } from "./module.ts";

export type BuiltProgram = {
  /** A command of Kubernetes that the module's `tool` lines name, for example `kubectl`. */
  readonly name: string;
  readonly module: GoModule;
};

/** Where a build from the pinned modules is kept. */
export const builtProgramDir = ({ name, module }: BuiltProgram, { cacheDir }: Pick<TestbedEnv, "cacheDir">): string =>
  join(cacheDir, name, module.cacheKey);

/** Full path of a program built from the pinned Go modules; needs a module proxy and no code of ours. */
export const builtProgram = (program: BuiltProgram, env: TestbedEnv): Source<string> => {
  const { name, module } = program;
  const dir = builtProgramDir(program, env);
  return {
    name: "build from Go modules",
    howTo: GO_HOW_TO,
    inspect: async () => {
      if (existsSync(dir)) return { state: "ready", detail: dir };
      const reason = await goProblem(env);
      return reason === null
        ? { state: "obtainable", cost: `compiling ${name} ${module.version}: minutes, once` }
        : { state: "unavailable", reason };
    },
    obtain: async (log) => {
      const mainPackage = `k8s.io/kubernetes/cmd/${name}`;
      const fill = (target: string) =>
        goBuild({ label: `building ${name}`, module, mainPackage, output: join(target, name), env }, log);
      return join(await cachedDirectory({ dir, fill }, log), name);
    },
  };
};
