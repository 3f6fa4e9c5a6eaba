import { execa } from "execa";
import type { TestbedEnv } from "../env.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import type { Source } from "../sources/source.ts";
import type { Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";
import { startLocalEngine } from "./local-engine.ts";

/** On many machines `mysqld` is a link to MariaDB's server: its own words decide. */
const whyNot = async (flavour: Flavour, env: TestbedEnv): Promise<string | null> => {
  const programs = [...new Set([flavour.serverProgram, flavour.initialise("")[0] ?? ""])];
  const found = await Promise.all(programs.map((name) => findOnPath(name, env.path)));
  const missing = programs.filter((_, index) => found[index] === null);
  if (missing.length > 0) return `${missing.join(", ")} not found`;
  const { stdout } = await execa(found[0] ?? "", ["--version"], { reject: false });
  return /mariadb/i.test(stdout) === (flavour.id === "mariadb") ? null : `${found[0] ?? ""} is not ${flavour.title}`;
};

/** Server programs that the machine has anyway, run beside any service it may run, on their own data and port. */
export const installedServer = (flavour: Flavour, env: TestbedEnv): Source<Launch> => ({
  name: "installed programs",
  howTo: `install ${flavour.title} so that ${flavour.serverProgram} is on the PATH`,
  inspect: async () => {
    const reason = await whyNot(flavour, env);
    return reason === null ? { state: "ready", detail: flavour.serverProgram } : { state: "unavailable", reason };
  },
  obtain: async () => () => startLocalEngine({ flavour, root: null, template: null, path: env.path }),
});
