import { existsSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** A directory that is removed with everything in it on dispose. */
export type Scratch = AsyncDisposable & { readonly dir: string };

/**
 * Process ids mean something only within one pid namespace: containers that share a directory must not take each
 * other's processes for dead.
 */
const pidNamespace = (): string => {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Whether a scratch directory of this name belongs to a process that ended without a chance to clean up. */
export const isAbandoned = (name: string): boolean => {
  const match = /^(\d+)-(\d+)-/.exec(name);
  return match !== null && match[1] === pidNamespace() && !isAlive(Number(match[2]));
};

const sweep = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent)) {
    if (!isAbandoned(name)) continue;
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
};

/** Makes a directory below `parent` that belongs to this process. */
export const createScratch = async (parent: string): Promise<Scratch> => {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await sweep(parent);
  const dir = await mkdtemp(join(parent, `${pidNamespace()}-${process.pid}-`));
  return Object.freeze({
    dir,
    [Symbol.asyncDispose]: async () => {
      if (existsSync(dir)) await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  });
};
