import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

export type Command = { readonly file: string; readonly args: readonly string[] };

/** Full path of a command on the PATH, or null. */
export const findOnPath = async (name: string, path: string): Promise<string | null> => {
  // Servers live in sbin, which an ordinary user's PATH often lacks.
  for (const dir of [...path.split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"]) {
    if (dir === "") continue;
    const file = join(dir, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {}
  }
  return null;
};

/**
 * Wraps a command so that the kernel kills it when the process that started it ends in any way, SIGKILL included.
 * Linux only (`prctl(PR_SET_PDEATHSIG)`, through util-linux's setpriv); elsewhere the command stays as it is and
 * only orderly ends and the usual signals are covered, by execa.
 */
export const dieWithParent = async (command: Command, path: string): Promise<Command> => {
  if (process.platform !== "linux") return command;
  const setpriv = await findOnPath("setpriv", path);
  if (setpriv === null) return command;
  return { file: setpriv, args: ["--pdeathsig", "KILL", "--", command.file, ...command.args] };
};
