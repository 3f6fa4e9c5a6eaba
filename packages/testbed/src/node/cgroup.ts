import { existsSync } from "node:fs";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAbandoned } from "../process/scratch.ts";
import { waitUntil } from "../wait-until.ts";

const ROOT = "/sys/fs/cgroup";
const PREFIX = "itsy-node-";
/** Without these the kubelet does not start. */
const CONTROLLERS = ["cpu", "cpuset", "memory", "pids"] as const;

/** A directory in each cgroup hierarchy, below which the kubelet keeps those of its pods. */
export type Cgroup = AsyncDisposable & {
  /** As the kubelet's `cgroupRoot` wants it. */
  readonly path: string;
};

const isUnified = (): boolean => existsSync(join(ROOT, "cgroup.controllers"));

/** Version 2 has one hierarchy, version 1 one for each controller. */
const hierarchies = async (): Promise<string[]> => {
  if (isUnified()) return [ROOT];
  const entries = await readdir(ROOT, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, entry.name, "cgroup.procs")))
    .map(({ name }) => join(ROOT, name));
};

const offeredControllers = async (dirs: readonly string[]): Promise<string[]> =>
  isUnified()
    ? (await readFile(join(ROOT, "cgroup.controllers"), "utf8")).trim().split(" ")
    : dirs.map((dir) => dir.slice(ROOT.length + 1));

/** Why no pod's cgroup can be made on this machine; null when it can. */
export const whyNoCgroup = async (): Promise<string | null> => {
  if (!existsSync(ROOT)) return `there is no ${ROOT}`;
  const dirs = await hierarchies();
  const offered = await offeredControllers(dirs);
  const missing = CONTROLLERS.filter((name) => !offered.includes(name));
  if (missing.length > 0) return `${ROOT} lacks the controllers ${missing.join(", ")}`;
  try {
    for (const dir of dirs) await access(dir, constants.W_OK);
    return null;
  } catch (error) {
    return `no cgroup can be made: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** From the leaves up; a cgroup that still has a process is refused by the kernel. */
const removeTree = async (dir: string): Promise<void> => {
  const entries = await readdir(dir, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(dir, entry.name));
  await rmdir(dir);
};

const remove = async (name: string): Promise<void> => {
  for (const dir of (await hierarchies()).map((hierarchy) => join(hierarchy, name))) {
    if (existsSync(dir)) await removeTree(dir);
  }
};

/** Removes what processes left behind that were killed: the kernel ends their pods, but keeps empty directories. */
const sweep = async (): Promise<void> => {
  const names = new Set((await Promise.all((await hierarchies()).map((dir) => readdir(dir)))).flat());
  for (const name of names) {
    if (name.startsWith(PREFIX) && isAbandoned(name.slice(PREFIX.length))) await remove(name).catch(() => {});
  }
};

/** A new cpuset of version 1 has no processors and no memory: nothing can run in it before it is given some. */
const inheritCpuset = async (dir: string): Promise<void> => {
  if (isUnified() || !dir.startsWith(join(ROOT, "cpuset"))) return;
  for (const file of ["cpuset.cpus", "cpuset.mems"])
    await writeFile(join(dir, file), await readFile(join(dir, "..", file)));
};

/** @param owner the name of a scratch directory, which tells whose cgroup it is. */
export const createCgroup = async (owner: string): Promise<Cgroup> => {
  await sweep();
  const name = `${PREFIX}${owner}`;
  await using making = new AsyncDisposableStack();
  // The processes in it were killed a moment ago, and the last ones may still be ending.
  making.defer(async () => {
    await waitUntil(() => remove(name).then(() => true), { what: `the cgroup ${name} is empty`, timeoutMs: 30_000 });
  });
  for (const dir of (await hierarchies()).map((hierarchy) => join(hierarchy, name))) {
    await mkdir(dir);
    await inheritCpuset(dir);
  }
  const made = making.move();
  return Object.freeze({ path: `/${name}`, [Symbol.asyncDispose]: () => made.disposeAsync() });
};
