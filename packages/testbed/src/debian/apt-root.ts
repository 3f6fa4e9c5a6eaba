import { mkdir, readFile, rm } from "node:fs/promises";

import type { TestbedEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import { runStep } from "../process/run-step.ts";
import { chooseMirror, parseOsRelease, TARGET_FORMAT } from "./apt-mirror.ts";

/** Debian packages, for a directory tree of their own. */
export type AptPackages = {
  /** The Debian suite that has them; null is the machine's own. */
  readonly suite: string | null;
  readonly packages: readonly string[];
};

const readOsRelease = async () => parseOsRelease(await readFile("/etc/os-release", "utf8").catch(() => ""));

/** Why packages cannot be unpacked on this machine; null when they can. */
export const whyNoAptRoot = async (): Promise<string | null> => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs Linux and root";
  const { id } = await readOsRelease();
  return id === "debian" ? null : "needs Debian";
};

export const suiteOf = async ({ suite }: AptPackages): Promise<string> => suite ?? (await readOsRelease()).codename;

const ensureMmdebstrap = async (path: string, log: Log): Promise<string> => {
  const found = await findOnPath("mmdebstrap", path);
  if (found !== null) return found;
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await runStep({ label: "apt-get update", file: "apt-get", args: ["update"], env }, log);
  const args = ["install", "-y", "--no-install-recommends", "mmdebstrap"];
  await runStep({ label: "installing mmdebstrap", file: "apt-get", args, env }, log);
  return "mmdebstrap";
};

const machineMirror = async (codename: string, log: Log): Promise<string> => {
  const args = ["indextargets", "--format", TARGET_FORMAT, "Created-By: Packages"];
  const lines = await runStep({ label: "reading apt's mirror", file: "apt-get", args }, log);
  const mirror = chooseMirror(lines.split("\n"), codename);
  if (mirror === null) throw new Error(`apt has no source of ${codename} main`);
  return mirror;
};

/**
 * Unpacks packages into the empty directory `dir`, to be run there in a chroot.
 * A mirror whose Release file has run out is accepted for this throw-away root only, and only after it was refused:
 * what the file's date protects against (being served old packages) does no harm here, and signatures are checked.
 */
export const makeAptRoot = async (
  dir: string,
  { apt, env, log }: { readonly apt: AptPackages; readonly env: TestbedEnv; readonly log: Log },
): Promise<void> => {
  const mmdebstrap = await ensureMmdebstrap(env.path, log);
  const { codename } = await readOsRelease();
  const suite = await suiteOf(apt);
  const source = `deb ${await machineMirror(codename, log)} ${suite} main`;
  const run = (extra: readonly string[]) => {
    const args = ["--variant=apt", "--mode=root", `--include=${apt.packages.join(",")}`, ...extra, suite, dir, source];
    return runStep({ label: `unpacking ${apt.packages.join(", ")} of ${suite}`, file: mmdebstrap, args }, log);
  };
  try {
    await run([]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("is expired")) throw error;
    log(`the mirror's Release file of ${suite} has expired; its signature still counts`);
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    await run(['--aptopt=Acquire::Check-Valid-Until "false"']);
  }
};
