import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Log } from "../log.ts";
import { withLock } from "./lock.ts";

export type CachedDirectory = {
  readonly dir: string;
  /** Fills an empty directory. It appears under its own name only when this has succeeded. */
  readonly fill: (dir: string) => Promise<void>;
};

/**
 * The directory, filled once: by one process at a time, and never seen half filled.
 * A process that comes second waits for the first and uses its result.
 */
export const cachedDirectory = async ({ dir, fill }: CachedDirectory, log: Log): Promise<string> => {
  if (existsSync(dir)) return dir;
  await mkdir(dirname(dir), { recursive: true });
  const lock = { path: `${dir}.lock`, waiting: () => log(`waiting for another process that makes ${basename(dir)}`) };
  return withLock(lock, async () => {
    if (existsSync(dir)) return dir;
    // The lock is ours, so whatever has this name is the rest of an interrupted attempt.
    const unfinished = join(dirname(dir), `.unfinished-${basename(dir)}`);
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await fill(unfinished);
    await rename(unfinished, dir);
    return dir;
  });
};
