import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptRootSource } from "../debian/apt-root-source.ts";
import type { TestbedEnv } from "../env.ts";
import { mapSource, type Source } from "../sources/source.ts";
import type { Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";
import { initialise, startLocalEngine } from "./local-engine.ts";

/** Path inside the root. */
const TEMPLATE = "/var/lib/itsy-template";

/** The server from Debian packages, run in their directory tree. */
export const aptRootServer = (flavour: Flavour, env: TestbedEnv): Source<Launch> => {
  const finish = async (root: string): Promise<void> => {
    // Both servers look up localhost, the one to initialise, the other to know an account root@localhost.
    await writeFile(join(root, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
    await initialise({ flavour, root }, TEMPLATE);
  };
  const recipe = ["1", flavour.initialise("")] as const;
  return mapSource(
    aptRootSource({ id: flavour.id, apt: flavour.apt, recipe, finish }, env),
    (root) => () => startLocalEngine({ flavour, root, template: TEMPLATE, path: env.path }),
  );
};
