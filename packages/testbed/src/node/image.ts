import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** The one image of a node: busybox. Pods must not pull it: `imagePullPolicy: Never`. */
export const IMAGE = "localhost/itsy-testbed/busybox:1";

const DIRECTORIES = ["bin", "dev", "etc", "proc", "sys", "tmp"] as const;
const OWNED_BY_ROOT = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--mtime=@0"] as const;
const GO_ARCH: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

const tar = (file: string, dir: string, names: readonly string[]) =>
  execa("tar", ["--create", "--file", file, ...OWNED_BY_ROOT, "--directory", dir, ...names]);

const writeRoot = async (root: string, busybox: string): Promise<void> => {
  for (const name of DIRECTORIES) await mkdir(join(root, name), { recursive: true });
  await copyFile(busybox, join(root, "bin/busybox"));
  const { stdout } = await execa(busybox, ["--list"]);
  const applets = stdout.split("\n").filter((name) => name !== "busybox");
  for (const name of applets) await symlink("busybox", join(root, "bin", name));
};

/**
 * Writes the image as an archive that `ctr images import` takes, in the format of `docker save` (Docker Image
 * Specification 1.2: `manifest.json`, a configuration, one tar archive for each layer).
 * The sandbox of each pod runs it too, and has nothing to do but to stay.
 */
export const writeImage = async (dir: string, busybox: string): Promise<string> => {
  const root = join(dir, "root");
  await writeRoot(root, busybox);
  await tar(join(dir, "layer.tar"), root, ["."]);
  const layer = createHash("sha256")
    .update(await readFile(join(dir, "layer.tar")))
    .digest("hex");
  const configuration = {
    os: "linux",
    architecture: GO_ARCH[process.arch] ?? process.arch,
    config: { Env: ["PATH=/bin"], Cmd: ["sleep", "infinity"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
  };
  const manifest = [{ Config: "config.json", RepoTags: [IMAGE], Layers: ["layer.tar"] }];
  await writeFile(join(dir, "config.json"), JSON.stringify(configuration));
  await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest));
  const archive = join(dir, "image.tar");
  await tar(archive, dir, ["manifest.json", "config.json", "layer.tar"]);
  return archive;
};
