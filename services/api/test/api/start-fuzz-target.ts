import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { FuzzTarget, HeapReport } from "./fuzz-target.ts";

/** The service of `fuzz-target.ts`. Disposing ends it. */
export interface RunningTarget extends FuzzTarget, AsyncDisposable {
  /** What it holds right now, garbage aside. */
  readonly heap: () => Promise<HeapReport>;
}

export const startFuzzTarget = async (env: Readonly<Record<string, string>> = {}): Promise<RunningTarget> => {
  const file = fileURLToPath(new URL("./fuzz-target.ts", import.meta.url));
  const execArgv = ["--conditions=@itsy/source", "--expose-gc"];
  const child = fork(file, [JSON.stringify(env)], { execArgv, stdio: ["ignore", 1, 2, "ipc"] });
  const ended = once(child, "exit").then(() => null);
  const first = await Promise.race([once(child, "message") as Promise<[FuzzTarget]>, ended]);
  if (first === null) throw new Error("the service did not start");
  return {
    ...first[0],
    heap: async () => {
      child.send("heap");
      const [report] = (await once(child, "message")) as [HeapReport];
      return report;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
};
