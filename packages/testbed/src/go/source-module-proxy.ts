import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { TestbedEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { goArch } from "../platform.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import { request } from "../sources/request.ts";
import type { Source } from "../sources/source.ts";
import { type ModuleFiles, moduleHash } from "./module-hash.ts";
import type { GoRelease } from "./release.ts";

const MODULE = "golang.org/toolchain";
const NO_PROXY = "GOPROXY names no module proxy";
const FETCH_TIMEOUT_MS = 15 * 60_000;
const PROGRAM = /^(bin|pkg\/tool\/[^/]+)\/[^/]+$/;

const fetchZip = async (proxy: string, version: string): Promise<Uint8Array> => {
  const response = await request(`${proxy}/${MODULE}/@v/${version}.zip`, { timeoutMs: FETCH_TIMEOUT_MS });
  return response.bytes();
};

/** A module may not have other modules in it, so their `go.mod` is packed under another name. */
const nameOnDisk = (name: string): string => name.replace(/(^|\/)_go\.mod$/, "$1go.mod");

/** Puts the files below the directory without the module's name before them, and lets the programs be run. */
const unpack = async (files: ModuleFiles, prefix: string, dir: string): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    const path = nameOnDisk(name.slice(prefix.length));
    const target = join(dir, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode: PROGRAM.test(path) ? 0o755 : 0o644 });
  }
};

/**
 * Full path of a go from a module proxy, which has Go's own releases as versions of a module. What it has is compared
 * with the hash that is known here, so that any proxy will do.
 */
export const fetchedGo = (env: TestbedEnv, release: GoRelease): Source<string> => {
  const platform = `${process.platform}-${goArch}`;
  const version = `v0.0.1-go${release.version}.${platform}`;
  const hash = release.hashes[platform];
  const dir = join(env.cacheDir, "go", `${release.version}-${platform}`);

  const fill = async (target: string) => {
    if (env.goProxy === null) throw new Error(NO_PROXY);
    const files = unzipSync(await fetchZip(env.goProxy, version));
    if (moduleHash(files) !== hash) throw new Error(`${MODULE} ${version} is not what the checksum database knows`);
    await unpack(files, `${MODULE}@${version}/`, target);
  };

  return {
    name: "module proxy",
    howTo: "let this machine reach a Go module proxy (GOPROXY)",
    inspect: async () => {
      if (hash === undefined) return { state: "unavailable", reason: `no Go is known here for ${platform}` };
      if (existsSync(dir)) return { state: "ready", detail: dir };
      if (env.goProxy === null) return { state: "unavailable", reason: NO_PROXY };
      return { state: "obtainable", cost: `downloading Go ${release.version}, about 70 MB` };
    },
    obtain: async (log: Log) => join(await cachedDirectory({ dir, fill }, log), "bin", "go"),
  };
};
