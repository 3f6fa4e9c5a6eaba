import { aptRootSource } from "../debian/apt-root-source.ts";
import type { TestbedEnv } from "../env.ts";
import { mapSource, type Source } from "../sources/source.ts";
import { type NginxInstallation, whyNoNginx } from "./installation.ts";

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

const debian = (env: TestbedEnv): Source<NginxInstallation> => {
  const apt = { suite: null, packages: ["nginx-light"] };
  return mapSource(aptRootSource({ id: "nginx", apt, recipe: ["1"] }, env), (root) => ({ root, path: env.path }));
};

/** In the order in which they are tried. */
export const nginxSources = (env: TestbedEnv): readonly Source<NginxInstallation>[] => [installed(env), debian(env)];
