// Packs every package that is published and lets publint and attw look at it the way its users' tools will.
// Needs the packages to be built.
import { spawnSync } from "node:child_process";
import { globSync, mkdtempDisposableSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const isPublished = (manifest: string) => JSON.parse(readFileSync(manifest, "utf8")).publishConfig?.access === "public";

/** Says something only when the command has something against it. */
const run = (command: string, args: readonly string[], cwd: string): boolean => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) console.error(error?.message ?? `${stdout}${stderr}`);
  return status === 0;
};

const check = (folder: string): boolean => {
  using place = mkdtempDisposableSync(join(tmpdir(), "itsy-published-"));
  if (!run("pnpm", ["pack", "--pack-destination", place.path], folder)) return false;
  const [tarball = ""] = globSync(join(place.path, "*.tgz"));
  const verdicts = [
    run("publint", ["run", tarball, "--strict"], root),
    // ESM only, by intention: attw need not say that an older require cannot load it.
    run("attw", [tarball, "--profile", "esm-only"], root),
  ];
  console.log(
    `${relative(root, folder)}: ${verdicts.every(Boolean) ? "fit to be published" : "NOT fit to be published"}`,
  );
  return verdicts.every(Boolean);
};

const folders = globSync(join(root, "packages/*/package.json"))
  .filter(isPublished)
  .map((manifest) => dirname(manifest))
  .toSorted();
const failed = folders.filter((folder) => !check(folder));
process.exitCode = failed.length === 0 ? 0 : 1;
