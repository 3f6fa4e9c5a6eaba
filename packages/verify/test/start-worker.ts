import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createOutsideProgram } from "@itsy/testbed";
import { Miniflare } from "miniflare";
import { rolldown } from "rolldown";

export interface RunningWorker extends AsyncDisposable {
  readonly url: string;
}

const packages = fileURLToPath(new URL("../..", import.meta.url));
/** What the README asks for at least. */
const COMPATIBILITY_DATE = "2024-11-11";

/** Bundles a worker with the packed packages; what is imported later becomes a file of its own. */
export const bundleWorker = async (source: string) => {
  using program = createOutsideProgram();
  for (const name of ["contract", "key-format", "verify"]) program.install(join(packages, name));
  const input = join(program.folder, "worker.ts");
  writeFileSync(input, source);
  await using bundle = await rolldown({ input, platform: "browser", external: /^cloudflare:/ });
  const { output } = await bundle.generate({ format: "esm" });
  return output.flatMap((file) => (file.type === "chunk" ? [{ name: file.fileName, code: file.code }] : []));
};

/** Runs a worker in workerd, on a free loopback port. */
export const startWorker = async (
  files: Awaited<ReturnType<typeof bundleWorker>>,
  bindings: Readonly<Record<string, string>>,
): Promise<RunningWorker> => {
  const worker = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    compatibilityDate: COMPATIBILITY_DATE,
    bindings,
    modulesRoot: "/worker",
    modules: files.map(({ name, code }) => ({ type: "ESModule", path: `/worker/${name}`, contents: code })),
  });
  try {
    return { url: String(await worker.ready), [Symbol.asyncDispose]: () => worker.dispose() };
  } catch (error) {
    await worker.dispose();
    throw error;
  }
};
