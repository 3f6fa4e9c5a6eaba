import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createOutsideProgram } from "@itsy/testbed";
import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = join(here, "../..");

test("an outside program compiles against the packed tarballs, and its mistakes do not", { timeout: 120_000 }, () => {
  using program = createOutsideProgram();
  for (const name of ["contract", "client"]) program.install(join(packages, name));
  // Without skipLibCheck, so that the declarations themselves compile too.
  const source = readFileSync(join(here, "outside/program.ts"), "utf8");
  program.check({ "program.ts": source }, { lib: ["es2024", "dom"], types: [] });

  const declarations = globSync(join(program.folder, "node_modules/@itsy/client/dist/*.d.ts"));
  expect(declarations.length).toBeGreaterThan(0);
  for (const file of declarations) expect(readFileSync(file, "utf8")).not.toContain("@trpc/server");

  expect(program.run("console.log(typeof (await import('@itsy/client')).createClient)")).toBe("function");
});
