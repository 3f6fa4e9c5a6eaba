import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { createOutsideProgram } from "@itsy/testbed";
import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = join(here, "../..");

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

test("an outside program compiles against the packed tarballs, and loads what it imports", { timeout: 120_000 }, () => {
  using program = createOutsideProgram();
  for (const name of ["contract", "key-format", "verify"]) program.install(join(packages, name));
  for (const name of ["@trpc/server", "express", "@types/express"]) program.link(name, join(packages, "verify"));
  program.link("@types/node", join(packages, ".."));
  const source = readFileSync(join(here, "outside/program.ts"), "utf8");
  program.check({ "program.ts": source }, { lib: ["es2024", "dom", "dom.iterable"], types: ["node"] });

  const script =
    "for (const it of ['', '/express', '/fetch', '/trpc']) console.log(Object.keys(await import('@itsy/verify' + it)).join())";
  expect(program.run(script).split("\n")).toEqual([
    "VerifierError,acceptedFields,createVerifier,hasPermissions,httpAnswerOf,isOutage,readCredential",
    "apiKeyOf,findApiKey,requireApiKey",
    "checkApiKey,withApiKey",
    "ApiKeyDenied,requireApiKey",
  ]);

  // Workers have no Node.js modules.
  for (const entry of ["@itsy/verify", "@itsy/verify/fetch"]) {
    const { files, specifiers } = reachable(program.folder, entry);
    expect(files.length).toBeGreaterThan(5);
    const outside = specifiers.filter((it) => !it.startsWith(".") && !it.startsWith("@itsy/"));
    expect(outside.toSorted()).toEqual(entry === "@itsy/verify" ? ["zod"] : []);
  }
});

test("every start in the README is an example that runs", () => {
  const readme = readFileSync(join(here, "../README.md"), "utf8");
  for (const file of globSync(join(here, "../examples/*.ts"))) {
    expect(readme).toContain(`\`\`\`ts\n${readFileSync(file, "utf8")}\`\`\``);
  }
});
