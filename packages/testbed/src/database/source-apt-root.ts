import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeAptRoot, suiteOf, whyNoAptRoot } from "../debian/apt-root.ts";
import type { TestbedEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import type { Source } from "../sources/source.ts";
import type { Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";
import { initialise, startLocalEngine } from "./local-engine.ts";

/** Path inside the root. */
const TEMPLATE = "/var/lib/itsy-template";
/** Change it when the recipe below changes: old caches are not used then. */
const RECIPE = "1";

/** The server from Debian packages, in a directory tree of its own: nothing is installed on the machine itself. */
export const aptRootServer = (flavour: Flavour, env: TestbedEnv): Source<Launch> => {
  const { apt } = flavour;
  const recipe = JSON.stringify([RECIPE, apt, flavour.initialise("")]);
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const cached = async (): Promise<string> => join(env.cacheDir, flavour.id, `debian-${await suiteOf(apt)}-${key}`);
  const fill = (log: Log) => async (dir: string) => {
    await makeAptRoot(dir, { apt, env, log });
    // Both servers look up localhost, the one to initialise, the other to know an account root@localhost.
    await writeFile(join(dir, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
    await initialise({ flavour, root: dir }, TEMPLATE);
  };
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
      const root = await cachedDirectory({ dir: await cached(), fill: fill(log) }, log);
      return () => startLocalEngine({ flavour, root, template: TEMPLATE, path: env.path });
    },
  };
};
