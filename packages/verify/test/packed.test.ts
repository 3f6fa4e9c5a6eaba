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
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = join(here, "../..");

const link = (program: string, name: string, from: string) => {
  const target = join(program, "node_modules", name);
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target)) symlinkSync(realpathSync(join(from, "node_modules", name)), target);
};

/** Packs a package as it would be published and lays it into the program's node_modules. */
const install = (program: string, name: "contract" | "key-format" | "verify") => {
  const folder = join(packages, name);
  execFileSync("pnpm", ["pack", "--pack-destination", program], { cwd: folder, stdio: "pipe" });
  const [tarball] = globSync(join(program, `itsy-${name}-*.tgz`));
  const target = join(program, "node_modules/@itsy", name);
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball ?? "", "-C", target, "--strip-components=1"]);
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const it of Object.keys(dependencies).filter((it) => !it.startsWith("@itsy/"))) link(program, it, folder);
};

/** Every module that a module loads, in packages too, and every bare name that leads outside of what is installed. */
const reachable = (program: string, entry: string) => {
  const seen = new Set<string>();
  const specifiers = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
      specifiers.add(specifier);
      if (specifier.startsWith(".")) visit(resolve(dirname(file), specifier));
      else if (specifier.startsWith("@itsy/")) visit(resolveIn(program, specifier));
    }
  };
  visit(resolveIn(program, entry));
  return { files: [...seen], specifiers: [...specifiers] };
};

const resolveIn = (program: string, specifier: string): string => {
  const [scope, name, ...rest] = specifier.split("/");
  const folder = join(program, "node_modules", `${scope}/${name}`);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, exports[rest.length === 0 ? "." : `./${rest.join("/")}`].default);
};

const compilerOptions = {
  module: "nodenext",
  target: "es2024",
  lib: ["es2024", "dom", "dom.iterable"],
  strict: true,
  noEmit: true,
  types: ["node"],
};

test("an outside program compiles against the packed tarballs, and loads what it imports", { timeout: 120_000 }, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "itsy-outside-"));
  const program = folder.path;
  for (const name of ["contract", "key-format", "verify"] as const) install(program, name);
  for (const name of ["@trpc/server", "express", "@types/express"]) link(program, name, join(packages, "verify"));
  link(program, "@types/node", join(packages, ".."));
  cpSync(join(here, "outside/program.ts"), join(program, "program.ts"));
  writeFileSync(join(program, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(program, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  execFileSync("tsc", ["--project", program], { stdio: "inherit" });

  const script =
    "for (const it of ['', '/express', '/fetch', '/trpc']) console.log(Object.keys(await import('@itsy/verify' + it)).join())";
  const run = () => execFileSync(process.execPath, ["-e", script], { cwd: program, encoding: "utf8" });
  expect(run().trim().split("\n")).toEqual([
    "VerifierError,acceptedFields,createVerifier,httpAnswerOf,isOutage,readCredential",
    "apiKeyOf,findApiKey,requireApiKey",
    "checkApiKey,withApiKey",
    "ApiKeyDenied,requireApiKey",
  ]);

  // Workers have no Node.js modules.
  for (const entry of ["@itsy/verify", "@itsy/verify/fetch"]) {
    const { files, specifiers } = reachable(program, entry);
    expect(files.length).toBeGreaterThan(5);
    const outside = specifiers.filter((it) => !it.startsWith(".") && !it.startsWith("@itsy/"));
    expect(outside.toSorted()).toEqual(entry === "@itsy/verify" ? ["cockatiel", "zod"] : []);
  }
});

test("every start in the README is an example that runs", () => {
  const readme = readFileSync(join(here, "../README.md"), "utf8");
  for (const file of globSync(join(here, "../examples/*.ts"))) {
    expect(readme).toContain(`\`\`\`ts\n${readFileSync(file, "utf8")}\`\`\``);
  }
});
