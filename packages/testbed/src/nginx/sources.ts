import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type AptPackages, makeAptRoot, suiteOf, whyNoAptRoot } from "../debian/apt-root.ts";
import type { TestbedEnv } from "../env.ts";
import { cachedDirectory } from "../sources/cached-directory.ts";
import type { Source } from "../sources/source.ts";
import { type NginxInstallation, whyNoNginx } from "./installation.ts";

const apt: AptPackages = { suite: null, packages: ["nginx-light"] };
/** Change it when the recipe changes: old caches are not used then. */
const RECIPE = "1";

/** An nginx that the machine has anyway, run beside any service it may run, on its own configuration and port. */
const installed = ({ path }: TestbedEnv): Source<NginxInstallation> => ({
  name: "installed programs",
  howTo: "install nginx, with its auth_request module, so that it is on the PATH",
  inspect: async () => {
    const reason = await whyNoNginx(path);
    return reason === null ? { state: "ready", detail: "nginx" } : { state: "unavailable", reason };
  },
  obtain: async () => ({ root: null, path }),
});

/** Debian's nginx, in a directory tree of its own: nothing is installed on the machine itself. */
const debian = (env: TestbedEnv): Source<NginxInstallation> => {
  const key = createHash("sha256")
    .update(JSON.stringify([RECIPE, apt]))
    .digest("hex")
    .slice(0, 12);
  const cached = async (): Promise<string> => join(env.cacheDir, "nginx", `debian-${await suiteOf(apt)}-${key}`);
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
      const fill = (dir: string) => makeAptRoot(dir, { apt, env, log });
      return { root: await cachedDirectory({ dir: await cached(), fill }, log), path: env.path };
    },
  };
};

/** In the order in which they are tried. */
export const nginxSources = (env: TestbedEnv): readonly Source<NginxInstallation>[] => [installed(env), debian(env)];
