import { constants } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "../log.ts";
import { withFreePort } from "../process/free-port.ts";
import { runStep } from "../process/run-step.ts";
import { createScratch } from "../process/scratch.ts";
import { type ServerProcess, startServerProcess } from "../process/server-process.ts";
import { readVersion } from "./connection.ts";
import type { Engine } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";

/** Server programs on this machine. */
export type Installation = {
  readonly flavour: Flavour;
  /** The directory tree that the programs are run in (chroot); null is the machine's own. */
  readonly root: string | null;
  /** Path inside the root of a freshly initialised data directory to copy; null: initialise each time. */
  readonly template: string | null;
  readonly path: string;
};

/** The servers refuse to run as root unless told. */
const asUser = (): readonly string[] => (process.getuid?.() === 0 ? ["--user=root"] : []);

export const commandIn = (root: string | null, [file = "", ...args]: readonly string[]) =>
  root === null ? { file, args } : { file: "chroot", args: [root, file, ...args] };

/** Fills `dataDir` (a path inside the root) with an empty server's data. */
export const initialise = async ({ flavour, root }: Pick<Installation, "flavour" | "root">, dataDir: string) => {
  const command = commandIn(root, [...flavour.initialise(dataDir), ...asUser()]);
  await runStep({ label: `initialising ${flavour.title}`, ...command }, silent);
};

const stopFast = async (server: ServerProcess): Promise<void> => {
  // Its data goes away with it: an orderly shutdown would only take longer.
  await server.kill();
};

/** Starts a server on a data directory of its own; both go away on dispose. */
export const startLocalEngine = async (installation: Installation): Promise<Engine> => {
  const { flavour, root, template, path } = installation;
  await using starting = new AsyncDisposableStack();
  const scratch = starting.use(await createScratch(join(root ?? tmpdir(), root === null ? "" : "tmp", "itsy-testbed")));
  const inside = (outer: string): string => (root === null ? outer : outer.slice(root.length));
  const dataDir = join(scratch.dir, "data");
  if (template === null) {
    await initialise(installation, inside(dataDir));
  } else {
    const mode = constants.COPYFILE_FICLONE;
    await mkdir(dataDir, { mode: 0o700 });
    await cp(join(root ?? "", template), dataDir, { recursive: true, mode });
  }

  const serve = (port: number): Promise<ServerProcess> => {
    const url = `mysql://root@127.0.0.1:${port}`;
    const own = [
      `--datadir=${inside(dataDir)}`,
      `--socket=${inside(join(scratch.dir, "socket"))}`,
      `--pid-file=${inside(join(scratch.dir, "pid"))}`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
    ];
    const args = [flavour.serverProgram, "--no-defaults", ...asUser(), ...own, ...flavour.serveFlags];
    return startServerProcess({
      name: flavour.serverProgram,
      command: commandIn(root, args),
      isReady: async () => (await readVersion(url)) !== "",
      path,
    });
  };
  let used = 0;
  let server = await withFreePort((port) => {
    used = port;
    return serve(port);
  });
  starting.defer(() => stopFast(server));
  const held = starting.move();
  return Object.freeze({
    url: `mysql://root@127.0.0.1:${used}`,
    kill: () => server.kill(),
    start: async () => {
      server = await serve(used);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
};
