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
    } catch {
      // Not here; the next directory may have it.
    }
  }
  return null;
};

/**
 * Wraps a command so that the kernel kills it when the process that started it ends in any way, SIGKILL included, and
 * so that Ctrl-C in the terminal reaches only that process: it shall drain while its servers still answer.
 *
 * Linux only (`prctl(PR_SET_PDEATHSIG)` and `setsid`, through util-linux); elsewhere the command stays as it is, and
 * only orderly ends and the usual signals are covered, by execa. The kernel's rule is about the thread that started
 * the command: what a worker thread starts ends with that worker.
 */
export const dieWithParent = async (command: Command, path: string): Promise<Command> => {
  if (process.platform !== "linux") return command;
  const [setpriv, setsid] = await Promise.all([findOnPath("setpriv", path), findOnPath("setsid", path)]);
  if (setpriv === null || setsid === null) return command;
  return { file: setpriv, args: ["--pdeathsig", "KILL", "--", setsid, command.file, ...command.args] };
};
