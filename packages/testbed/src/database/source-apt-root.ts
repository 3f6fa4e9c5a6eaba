import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestbedEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import { runStep } from "../process/run-step.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import type { Source } from "../sources/source.ts";
import { chooseMirror, parseOsRelease, TARGET_FORMAT } from "./apt-mirror.ts";
import type { Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";
import { initialise, startLocalEngine } from "./local-engine.ts";

/** Path inside the root. */
const TEMPLATE = "/var/lib/itsy-template";
/** Change it when the recipe below changes: old caches are not used then. */
const RECIPE = "1";

const readOsRelease = async () => parseOsRelease(await readFile("/etc/os-release", "utf8").catch(() => ""));

const whyNot = async (): Promise<string | null> => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs Linux and root";
  const { id } = await readOsRelease();
  return id === "debian" ? null : "needs Debian";
};

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
 * Unpacks the packages into `dir`.
 * A mirror whose Release file has run out is accepted for this throw-away root only, and only after it was refused:
 * what the file's date protects against (being served old packages) does no harm here, and signatures are checked.
 */
const makeRoot = async (dir: string, { apt, env, log }: { apt: Flavour["apt"]; env: TestbedEnv; log: Log }) => {
  const mmdebstrap = await ensureMmdebstrap(env.path, log);
  const { codename } = await readOsRelease();
  const suite = apt.suite ?? codename;
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

/** The server from Debian packages, in a directory tree of its own: nothing is installed on the machine itself. */
export const aptRootServer = (flavour: Flavour, env: TestbedEnv): Source<Launch> => {
  const { apt } = flavour;
  const recipe = JSON.stringify([RECIPE, apt, flavour.initialise("")]);
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const cached = async (): Promise<string> => {
    const suite = apt.suite ?? (await readOsRelease()).codename;
    return join(env.cacheDir, flavour.id, `debian-${suite}-${key}`);
  };
  const fill = (log: Log) => async (dir: string) => {
    await makeRoot(dir, { apt, env, log });
    // Both servers look up localhost, the one to initialise, the other to know an account root@localhost.
    await writeFile(join(dir, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
    await initialise({ flavour, root: dir }, TEMPLATE);
  };
  return {
    name: "Debian packages",
    howTo: "run as root on Debian with a working apt mirror",
    inspect: async () => {
      const reason = await whyNot();
      if (reason !== null) return { state: "unavailable", reason };
      const dir = await cached();
      return existsSync(dir)
        ? { state: "ready", detail: dir }
        : { state: "obtainable", cost: `downloading ${apt.packages.join(", ")}, about half a minute, once` };
    },
    obtain: async (log) => {
      const root = await cachedDirectory({ dir: await cached(), fill: fill(log) }, log);
      return () => startLocalEngine({ flavour, root, template: TEMPLATE, path: env.path });
    },
  };
};
