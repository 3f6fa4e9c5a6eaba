import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dieWithParent } from "../process/die-with-parent.ts";

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

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
  await writeFile(wrapper, `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o700 });
  return wrapper;
};
