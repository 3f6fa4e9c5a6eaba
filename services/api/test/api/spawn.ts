import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { waitUntil } from "@itsy/testbed";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of the service in a process of its own. Disposing kills it. */
export interface Spawned extends AsyncDisposable {
  readonly stdout: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
  /** The address, once the log tells it. */
  readonly listening: (timeoutMs?: number) => Promise<string>;
}

export interface SpawnOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export const spawnProgram = (program: "main" | "bootstrap", { env, args = [] }: SpawnOptions): Spawned => {
  const file = fileURLToPath(new URL(`../../src/${program}.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@itsy/source", file, ...args], {
    // Nothing of the environment of the tests but what a program needs to run.
    env: { PATH: process.env["PATH"], PORT: "0", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = (async (): Promise<Ended> => {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
  })();
  const url = () => /"url":"([^"]+)","msg":"listening"/.exec(stdout)?.[1];
  return {
    stdout: () => stdout,
    signal: (signal) => void child.kill(signal),
    ended,
    listening: async (timeoutMs = 20_000) => {
      await waitUntil(() => url() !== undefined || child.exitCode !== null, {
        what: "the service listens",
        timeoutMs,
      });
      const found = url();
      if (found === undefined) throw new Error(`the program ended: ${stderr}`);
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
};
