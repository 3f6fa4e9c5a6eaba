import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../process/free-port.ts";
import { createScratch } from "../process/scratch.ts";
import { tryLock } from "../sources/lock.ts";

/** Where one control plane keeps its files. */
export type Home = AsyncDisposable & {
  readonly dir: string;
  readonly persistent: boolean;
  /** The port of the last start when it is free again, else a new one; undefined leaves the choice to the server. */
  readonly preferredPort: () => Promise<number | undefined>;
  readonly rememberPort: (port: number) => Promise<void>;
};

const throwAwayHome = async (): Promise<Home> => {
  const scratch = await createScratch(join(tmpdir(), "itsy-testbed"));
  return Object.freeze({
    dir: scratch.dir,
    persistent: false,
    preferredPort: async () => undefined,
    rememberPort: async () => {},
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  });
};

const persistentHome = async (dir: string): Promise<Home> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // Two etcd processes on one directory would make the second one wait without a word.
  const release = await tryLock(join(dir, "lock"));
  if (release === null) throw new Error(`${dir} is in use by another running control plane`);
  const portFile = join(dir, "port");
  return Object.freeze({
    dir,
    persistent: true,
    preferredPort: async () => freePort(existsSync(portFile) ? Number(await readFile(portFile, "utf8")) : undefined),
    rememberPort: (port: number) => writeFile(portFile, `${port}\n`),
    [Symbol.asyncDispose]: () => release().catch(() => {}),
  });
};

/** A directory of its own that goes away, or `dataDir`, which stays and belongs to one process at a time. */
export const openHome = (dataDir: string | undefined): Promise<Home> =>
  dataDir === undefined ? throwAwayHome() : persistentHome(dataDir);
