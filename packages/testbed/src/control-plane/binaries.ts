import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestbedEnv } from "../env.ts";
import { type GoModule, readGoModule } from "../go/module.ts";

export const BINARY_NAMES = ["etcd", "kube-apiserver", "kube-controller-manager"] as const;
export type BinaryName = (typeof BINARY_NAMES)[number];

const MODULE_DIR = fileURLToPath(new URL("../../control-plane", import.meta.url));

export type Binaries = { readonly kind: "binaries"; readonly dir: string };

/** What a control plane comes from: a cluster that exists, or a directory with the binaries. */
export type Origin = { readonly kind: "existing" } | Binaries;

export type BinariesRequest = {
  readonly env: TestbedEnv;
  readonly needed: readonly BinaryName[];
  /** As asked for; null means the pinned one. */
  readonly version: string | null;
  readonly pinned: GoModule;
};

/** Names of the needed binaries that the directory lacks. */
export const missingFrom = async (dir: string, needed: readonly BinaryName[]): Promise<BinaryName[]> => {
  const found = await Promise.all(
    needed.map((name) =>
      access(join(dir, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return needed.filter((_, index) => found[index] !== true);
};

const withV = (version: string): string => (version.startsWith("v") ? version : `v${version}`);

/** Why the pinned build does not serve the request, or null when it does. */
export const versionConflict = ({ version, pinned }: BinariesRequest): string | null =>
  version === null || withV(version) === pinned.version
    ? null
    : `${withV(version)} is asked for, but this brings only ${pinned.version}`;

export const binariesRequest = async (
  env: TestbedEnv,
  options: { readonly controllerManager: boolean; readonly version?: string | undefined },
): Promise<BinariesRequest> => ({
  env,
  needed: options.controllerManager ? BINARY_NAMES : ["etcd", "kube-apiserver"],
  version: options.version ?? null,
  pinned: await readGoModule(MODULE_DIR),
});
