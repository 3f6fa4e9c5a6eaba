import { tmpdir } from "node:os";
import { execa } from "execa";
import type { TestbedEnv } from "../env.ts";
import { type Command, findOnPath } from "../process/die-with-parent.ts";
import { whyNoCgroup } from "./cgroup.ts";

/** Containerd, its shims and the kubelet write below these whatever they are told: a node has its own ones, in memory. */
export const PRIVATE_DIRS = ["/run", "/var/lib", "/var/log"] as const;

/** When the first process of these namespaces ends, the kernel ends all the others and drops the mounts. */
export const inNamespaces = (command: readonly string[]): Command => ({
  file: "unshare",
  args: ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", ...command],
});

const PROGRAMS = ["unshare", "mount", "tar"] as const;

const whyNoNamespace = async (): Promise<string | null> => {
  const { file, args } = inNamespaces(["mount", "-t", "tmpfs", "tmpfs", PRIVATE_DIRS[0]]);
  const { failed, stderr } = await execa(file, [...args], { reject: false });
  return failed ? `no mount and pid namespace can be made: ${stderr}` : null;
};

/** Why no node can run on this machine, whatever is fetched or built; null when one can. */
export const whyMachineRunsNone = async ({
  path,
  cacheDir,
}: Pick<TestbedEnv, "path" | "cacheDir">): Promise<string | null> => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs Linux and root";
  const found = await Promise.all(PROGRAMS.map((name) => findOnPath(name, path)));
  const missing = PROGRAMS.filter((_, index) => found[index] === null);
  if (missing.length > 0) return `${missing.join(", ")} not found`;
  const hidden = [tmpdir(), cacheDir].find((dir) => PRIVATE_DIRS.some((hiding) => `${dir}/`.startsWith(`${hiding}/`)));
  if (hidden !== undefined) return `${hidden} lies below ${PRIVATE_DIRS.join(", ")}, which a node has of its own`;
  return (await whyNoNamespace()) ?? (await whyNoCgroup());
};
