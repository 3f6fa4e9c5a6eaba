import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readEnv } from "../env.ts";
import { silent } from "../log.ts";
import { readKubeletModule } from "../node/sources.ts";
import { createScratch } from "../process/scratch.ts";
import { firstOf } from "../sources/source.ts";
import { cachedKubectlDir, kubectlRequest } from "./request.ts";
import { kubectlSources } from "./sources.ts";

/** A file that would be run; nothing here runs it. */
const aProgram = async (file: string, mode = 0o755): Promise<string> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, "");
  await chmod(file, mode);
  return file;
};

test("the kubectl of the machine comes before that of the assets, and that one before what was built", async () => {
  await using scratch = await createScratch(join(tmpdir(), "itsy-testbed"));
  const at = (name: string) => join(scratch.dir, name);
  const request = await kubectlRequest(
    readEnv({ PATH: at("bin"), KUBEBUILDER_ASSETS: at("assets"), XDG_CACHE_HOME: at("cache") }),
  );
  const found = () => firstOf("kubectl", kubectlSources(request), silent);

  const built = await aProgram(join(cachedKubectlDir(request), "kubectl"));
  // On the PATH by name only: it cannot be run.
  await aProgram(join(at("bin"), "kubectl"), 0o644);
  expect(await found()).toEqual({ source: "cache", value: built });

  const given = await aProgram(join(at("assets"), "kubectl"));
  expect(await found()).toEqual({ source: "KUBEBUILDER_ASSETS", value: given });

  const installed = await aProgram(join(at("bin"), "kubectl"));
  expect(await found()).toEqual({ source: "PATH", value: installed });
});

test("kubectl and kubelet are built from the same Kubernetes as the control plane, staging modules included", async () => {
  const { pinned, controlPlane } = await kubectlRequest(readEnv({}));
  const replaced = async (dir: string) => {
    const goMod = await readFile(join(dir, "go.mod"), "utf8");
    return goMod.split("\n").filter((line) => line.startsWith("replace "));
  };
  for (const module of [pinned, await readKubeletModule()]) {
    expect(module.version).toBe(controlPlane.pinned.version);
    expect(await replaced(module.dir)).toEqual(await replaced(controlPlane.pinned.dir));
  }
});
