import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { dieWithParent, waitUntil } from "@itsy/testbed";

import { inRepository } from "./repository.ts";

export interface ProgramOptions {
  /** Names the program in messages. */
  readonly name: string;
  /** From the repository's root. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** The program's whole environment besides PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets each line that the program writes, for example to show it to a person. */
  readonly onLine?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service of this repository as a process of its own. Disposing it drains and stops it. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Every line that it wrote to standard output and standard error so far. */
  readonly lines: readonly string[];
  readonly exited: Promise<Exit>;
  /** `null` while it runs. */
  readonly exit: Exit | null;
  /** The first line of its structured log with this message. @throws Error when it ends before or `timeoutMs` pass. */
  logged(message: string, options?: { readonly timeoutMs?: number }): Promise<Readonly<Record<string, unknown>>>;
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

const STOP_TIMEOUT_MS = 15_000;
const LOGGED_TIMEOUT_MS = 30_000;

// Where the kernel does not end the children of a process that ended, the process does.
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const collectLines = (child: ChildProcess, onLine: (line: string) => void): readonly string[] => {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  return lines;
};

const parseLine = (line: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
};

/** Starts a service from its sources. Does not wait: `logged("listening")` does. */
export const startProgram = async (options: ProgramOptions): Promise<Program> => {
  const { name, entry, args = [], env, onLine = () => {} } = options;
  const { PATH = "", HOME = "" } = process.env;
  const node = { file: process.execPath, args: ["--conditions=@itsy/source", inRepository(entry), ...args] };
  // Whatever ends this process ends its children; Ctrl-C reaches only this one, which stops them in order.
  const command = await dieWithParent(node, PATH);
  const child = spawn(command.file, command.args, {
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = collectLines(child, onLine);
  const killNow = () => child.kill("SIGKILL");
  running.add(child);
  let exit: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    child.once("close", (code, signal) => {
      exit = { code, signal };
      running.delete(child);
      resolve(exit);
    });
  });

  const kill = (signal: NodeJS.Signals): Promise<Exit> => {
    if (exit === null) child.kill(signal);
    return exited;
  };

  const stop = async (): Promise<void> => {
    const timer = setTimeout(killNow, STOP_TIMEOUT_MS);
    await kill("SIGTERM");
    clearTimeout(timer);
  };

  return Object.freeze({
    pid: child.pid ?? 0,
    lines,
    exited,
    get exit() {
      return exit;
    },
    kill,
    [Symbol.asyncDispose]: stop,
    logged: async (message: string, { timeoutMs = LOGGED_TIMEOUT_MS } = {}) => {
      const find = () => lines.map(parseLine).find((line) => line?.["msg"] === message);
      const found = await waitUntil(() => find() ?? exit, { what: `${name} logs "${message}"`, timeoutMs }).catch(
        (error: unknown) => {
          throw new Error(`${name} did not log "${message}"; its output:\n${lines.join("\n")}`, { cause: error });
        },
      );
      if (found === exit) throw new Error(`${name} ended before it logged "${message}":\n${lines.join("\n")}`);
      return found as Readonly<Record<string, unknown>>;
    },
  });
};
