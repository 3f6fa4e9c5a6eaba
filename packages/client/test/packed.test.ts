import { execFileSync } from "node:child_process";
import {
  cpSync,
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
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const workspace = join(here, "../../..");

/** Packs a package as it would be published and lays it into the program's node_modules. */
const install = (program: string, name: "client" | "contract") => {
  const folder = join(workspace, "packages", name);
  execFileSync("pnpm", ["pack", "--pack-destination", program], { cwd: folder, stdio: "pipe" });
  const [tarball] = globSync(join(program, `itsy-${name}-*.tgz`));
  const target = join(program, "node_modules/@itsy", name);
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball ?? "", "-C", target, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const dependency of Object.keys(dependencies).filter((it) => !it.startsWith("@itsy/"))) {
    const link = join(program, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(realpathSync(join(folder, "node_modules", dependency)), link);
  }
};

const compilerOptions = {
  module: "nodenext",
  target: "es2024",
  lib: ["es2024", "dom"],
  strict: true,
  noEmit: true,
  types: [],
};

test("an outside program compiles against the packed tarballs, and its mistakes do not", { timeout: 120_000 }, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "itsy-outside-"));
  const program = folder.path;
  for (const name of ["contract", "client"] as const) install(program, name);
  cpSync(join(here, "outside/program.ts"), join(program, "program.ts"));
  writeFileSync(join(program, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(program, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  execFileSync("tsc", ["--project", program], { stdio: "pipe" });

  const declarations = globSync(join(program, "node_modules/@itsy/client/dist/*.d.ts")).map((file) =>
    readFileSync(file, "utf8"),
  );
  expect(declarations.length).toBeGreaterThan(0);
  expect(declarations.join("\n")).not.toContain("@trpc/server");

  // With skipLibCheck off (above), the declarations themselves compile too; and the program loads what it imports.
  const loaded = execFileSync(
    process.execPath,
    ["-e", "import('@itsy/client').then((m) => console.log(typeof m.createClient))"],
    {
      cwd: program,
      encoding: "utf8",
    },
  );
  expect(loaded.trim()).toBe("function");
});
