import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Holds the go.mod and go.sum that say exactly what a build from source consists of. */
export const MODULE_DIR = fileURLToPath(new URL("../../control-plane", import.meta.url));

export type PinnedVersion = {
  /** Of Kubernetes, for example `v1.36.3`. */
  readonly version: string;
  /** `version` and a hash of go.sum: what is built is determined by it. */
  readonly cacheKey: string;
};

export const readPinnedVersion = async (): Promise<PinnedVersion> => {
  const [goMod, goSum] = await Promise.all([
    readFile(join(MODULE_DIR, "go.mod"), "utf8"),
    readFile(join(MODULE_DIR, "go.sum")),
  ]);
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error(`${MODULE_DIR}/go.mod does not require k8s.io/kubernetes`);
  const hash = createHash("sha256").update(goSum).digest("hex").slice(0, 12);
  return { version, cacheKey: `${version}-${hash}` };
};
