import type { TestbedEnv } from "../env.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import type { Source } from "../sources/source.ts";
import type { Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";
import { startLocalEngine } from "./local-engine.ts";

/** Server programs that the machine has anyway, run beside any service it may run, on their own data and port. */
export const installedServer = (flavour: Flavour, env: TestbedEnv): Source<Launch> => ({
  name: "installed programs",
  howTo: `install ${flavour.title} so that ${flavour.serverProgram} is on the PATH`,
  inspect: async () => {
    const programs = [flavour.serverProgram, flavour.initialise("")[0] ?? ""];
    const found = await Promise.all(programs.map((name) => findOnPath(name, env.path)));
    const missing = programs.filter((_, index) => found[index] === null);
    return missing.length === 0
      ? { state: "ready", detail: found[0] ?? "" }
      : { state: "unavailable", reason: `${missing.join(", ")} not found` };
  },
  obtain: async () => () => startLocalEngine({ flavour, root: null, template: null, path: env.path }),
});
