import { execa } from "execa";
import type { TestbedEnv } from "../env.ts";
import { findOnPath } from "../process/die-with-parent.ts";
import type { Source } from "../sources/source.ts";

/** From this version on, go fetches the toolchain that go.mod asks for by itself. */
const GO_MINOR_MIN = 21;

/** Why this go cannot build, or null. Pure, from what `go env GOVERSION` says. */
export const goVersionProblem = (goVersion: string): string | null => {
  const minor = Number(/^go1\.(\d+)/.exec(goVersion)?.[1]);
  if (Number.isNaN(minor)) return `go tells no version that is understood (${JSON.stringify(goVersion)})`;
  return minor < GO_MINOR_MIN ? `${goVersion} is older than go1.${GO_MINOR_MIN}` : null;
};

/** Full path of the machine's own go. */
export const goOnPath = ({ path }: TestbedEnv): Source<string> => ({
  name: "PATH",
  howTo: `install Go 1.${GO_MINOR_MIN} or newer`,
  inspect: async () => {
    const go = await findOnPath("go", path);
    if (go === null) return { state: "unavailable", reason: "there is no go on the PATH" };
    // Outside the module, so that an older go does not fetch a toolchain only to answer this.
    const { stdout } = await execa(go, ["env", "GOVERSION"], { reject: false, cwd: "/" });
    const problem = goVersionProblem(stdout);
    return problem === null ? { state: "ready", detail: go } : { state: "unavailable", reason: problem };
  },
  obtain: async () => {
    const go = await findOnPath("go", path);
    if (go === null) throw new Error("there is no go on the PATH any more");
    return go;
  },
});
