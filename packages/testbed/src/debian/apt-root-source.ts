import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestbedEnv } from "../env.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import type { Source } from "../sources/source.ts";
import { type AptPackages, makeAptRoot, suiteOf, whyNoAptRoot } from "./apt-root.ts";

export type AptRoot = {
  /** Names the directory in the cache. */
  readonly id: string;
  readonly apt: AptPackages;
  /** The recipe's version, and what else decides how the tree looks. Another recipe is another tree in the cache. */
  readonly recipe: readonly [version: string, ...more: unknown[]];
  /** Makes the unpacked tree ready for use. */
  readonly finish?: (root: string) => Promise<void>;
};

/** Debian packages in a directory tree of their own: nothing is installed on the machine itself. */
export const aptRootSource = ({ id, apt, recipe, finish }: AptRoot, env: TestbedEnv): Source<string> => {
  const [version, ...more] = recipe;
  const key = createHash("sha256")
    .update(JSON.stringify([version, apt, ...more]))
    .digest("hex")
    .slice(0, 12);
  const cached = async (): Promise<string> => join(env.cacheDir, id, `debian-${await suiteOf(apt)}-${key}`);
  return {
    name: "Debian packages",
    howTo: "run as root on Debian with a working apt mirror",
    inspect: async () => {
      const reason = await whyNoAptRoot();
      if (reason !== null) return { state: "unavailable", reason };
      const dir = await cached();
      return existsSync(dir)
        ? { state: "ready", detail: dir }
        : { state: "obtainable", cost: `downloading ${apt.packages.join(", ")}, about half a minute, once` };
    },
    obtain: async (log) => {
      const fill = async (dir: string): Promise<void> => {
        await makeAptRoot(dir, { apt, env, log });
        await finish?.(dir);
      };
      return cachedDirectory({ dir: await cached(), fill }, log);
    },
  };
};
