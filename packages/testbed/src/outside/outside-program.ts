import { execFileSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** A program of somebody else, in a folder of its own, that has what was packed for publishing and nothing more. */
export interface OutsideProgram extends Disposable {
  readonly folder: string;
  /** Packs the package in this folder as it would be published, and installs it beside its dependencies. */
  install(packageFolder: string): void;
  /** Lends it a module that is installed for the package in this folder. Lent before: nothing happens. */
  link(module: string, packageFolder: string): void;
  /** Type-checks these files of the program, declarations of what it imports included. @throws with the compiler's words */
  check(files: Readonly<Record<string, string>>, compilerOptions?: Readonly<Record<string, unknown>>): void;
  /** What a module of the program prints. */
  run(source: string): string;
}

const strict = { module: "nodenext", target: "es2024", strict: true, noEmit: true };

/** Needs `pnpm`, `tsc` and `tar` on the PATH. Gone when disposed of. */
export const createOutsideProgram = (): OutsideProgram => {
  const scratch = mkdtempDisposableSync(join(tmpdir(), "itsy-outside-"));
  const folder = scratch.path;
  const file = (...names: readonly string[]) => join(folder, ...names);
  writeFileSync(file("package.json"), JSON.stringify({ type: "module" }));

  const link = (module: string, packageFolder: string) => {
    const target = file("node_modules", module);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) symlinkSync(realpathSync(join(packageFolder, "node_modules", module)), target);
  };

  return Object.freeze({
    folder,
    link,
    install: (packageFolder: string) => {
      const { name, dependencies = {} } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
      execFileSync("pnpm", ["pack", "--pack-destination", folder], { cwd: packageFolder, stdio: "pipe" });
      const [tarball = ""] = globSync(file(`*-${basename(packageFolder)}-[0-9]*.tgz`));
      mkdirSync(file("node_modules", name), { recursive: true });
      execFileSync("tar", ["-xzf", tarball, "-C", file("node_modules", name), "--strip-components=1"]);
      // Packages of the workspace are published too: whoever wants them installs them packed.
      const foreign = Object.keys(dependencies).filter((it) => !String(dependencies[it]).startsWith("workspace:"));
      for (const dependency of foreign) link(dependency, packageFolder);
    },
    check: (files: Readonly<Record<string, string>>, compilerOptions: Readonly<Record<string, unknown>> = {}) => {
      for (const [name, source] of Object.entries(files)) writeFileSync(file(name), source);
      const config = { compilerOptions: { ...strict, ...compilerOptions }, files: Object.keys(files) };
      writeFileSync(file("tsconfig.json"), JSON.stringify(config));
      execFileSync("tsc", ["--project", folder], { stdio: "pipe" });
    },
    run: (source: string) =>
      execFileSync(process.execPath, ["--input-type=module", "-e", source], { cwd: folder, encoding: "utf8" }).trim(),
    [Symbol.dispose]: () => scratch.remove(),
  });
};
