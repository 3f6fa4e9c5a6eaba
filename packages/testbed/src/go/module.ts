import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A directory whose go.mod and go.sum say exactly what a build from source consists of. */
export type GoModule = {
  readonly dir: string;
  /** Of Kubernetes, for example `v1.36.3`. */
  readonly version: string;
  /** `version` and a hash of go.sum: what is built is determined by it. */
  readonly cacheKey: string;
};

export const readGoModule = async (dir: string): Promise<GoModule> => {
  const [goMod, goSum] = await Promise.all([readFile(join(dir, "go.mod"), "utf8"), readFile(join(dir, "go.sum"))]);
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error(`${dir}/go.mod does not require k8s.io/kubernetes`);
  const hash = createHash("sha256").update(goSum).digest("hex").slice(0, 12);
  return { dir, version, cacheKey: `${version}-${hash}` };
};
