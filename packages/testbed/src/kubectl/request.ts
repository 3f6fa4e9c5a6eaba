import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BinariesRequest, binariesRequest } from "../control-plane/binaries.ts";
import type { TestbedEnv } from "../env.ts";
import { builtProgramDir } from "../go/built-program.ts";
import { type GoModule, readGoModule } from "../go/module.ts";

/** Apart from the control plane's module, so that neither one's dependencies change the other one's cache key. */
const MODULE_DIR = fileURLToPath(new URL("../../kubectl", import.meta.url));

export type KubectlRequest = {
  readonly env: TestbedEnv;
  readonly pinned: GoModule;
  /** For the archives that have a control plane and kubectl together. */
  readonly controlPlane: BinariesRequest;
};

export const kubectlRequest = async (env: TestbedEnv): Promise<KubectlRequest> => ({
  env,
  pinned: await readGoModule(MODULE_DIR),
  controlPlane: await binariesRequest(env, { controllerManager: false }),
});

/** Where a build from the pinned modules is kept. */
export const cachedKubectlDir = ({ env, pinned }: Pick<KubectlRequest, "env" | "pinned">): string =>
  builtProgramDir({ name: "kubectl", module: pinned }, env);

/** Full path of the directory's kubectl, or null when it has none that can be run. */
export const kubectlIn = async (dir: string): Promise<string | null> => {
  const file = join(dir, "kubectl");
  return access(file, constants.X_OK).then(
    () => file,
    () => null,
  );
};
