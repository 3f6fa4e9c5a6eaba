import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dieWithParent } from "../process/die-with-parent.ts";

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const pidFileOf = (program: string): string => `${program}.pid`;

/** Ends the program of `wrapBinary` as nothing else does; false where it is not known which process that is. */
export const killWrapped = async (program: string): Promise<boolean> => {
  const pid = Number(await readFile(pidFileOf(program), "utf8").catch(() => "0"));
  return pid > 0 && process.kill(pid, "SIGKILL");
};

/**
 * A program that is `binary` but ends with its parent. It is a file because envtest takes a path, not a command line.
 * Where the platform cannot do it, the binary itself.
 */
export const wrapBinary = async (
  { dir, binary, name }: { readonly dir: string; readonly binary: string; readonly name: string },
  path: string,
): Promise<string> => {
  const { file, args } = await dieWithParent({ file: binary, args: [] }, path);
  if (file === binary) return binary;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const wrapper = join(dir, name);
  const line = [file, ...args].map(quoted).join(" ");
  // The process keeps its number through every exec.
  await writeFile(wrapper, `#!/bin/sh\necho $$ > ${quoted(pidFileOf(wrapper))}\nexec ${line} "$@"\n`, { mode: 0o700 });
  return wrapper;
};
