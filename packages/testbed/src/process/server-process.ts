import { execa } from "execa";
import { waitUntil } from "../wait-until.ts";
import { type Command, dieWithParent } from "./die-with-parent.ts";

const OUTPUT_CHARS_MAX = 64 * 1024;

export type ServerProcess = AsyncDisposable & {
  readonly pid: number;
  /** The newest 64 K characters of what the process wrote. */
  readonly output: () => string;
  /** SIGTERM, then SIGKILL after `stopTimeoutMs`; resolves when the process is gone. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
};

export type ServerProcessOptions = {
  readonly name: string;
  readonly command: Command;
  /** True once the server serves; an error means "not yet". */
  readonly isReady: () => Promise<boolean>;
  readonly path: string;
  /** Default 60 000. */
  readonly startTimeoutMs?: number;
  /** Default 10 000. */
  readonly stopTimeoutMs?: number;
};

/** Starts a long-running program and waits until it serves. The child ends with this process. */
export const startServerProcess = async (options: ServerProcessOptions): Promise<ServerProcess> => {
  const { name, isReady, startTimeoutMs = 60_000, stopTimeoutMs = 10_000 } = options;
  const { file, args } = await dieWithParent(options.command, options.path);
  const child = execa(file, [...args], {
    buffer: false,
    reject: false,
    cleanup: true,
    stdin: "ignore",
    forceKillAfterDelay: stopTimeoutMs,
  });
  let output = "";
  const capture = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout.on("data", capture);
  child.stderr.on("data", capture);

  const state: { end: string | null } = { end: null };
  const end = child.then((result) => {
    state.end = result.shortMessage ?? `exit code ${result.exitCode}`;
  });
  const endWith = async (signal: NodeJS.Signals): Promise<void> => {
    if (state.end === null) child.kill(signal);
    await end;
  };
  try {
    await waitUntil(async () => state.end !== null || (await isReady()), {
      what: `${name} is ready`,
      timeoutMs: startTimeoutMs,
    });
    if (state.end !== null) throw new Error(`${name} ended while starting: ${state.end}`);
  } catch (error) {
    await endWith("SIGKILL");
    throw new Error(`${name} did not start; its output:\n${output}`, { cause: error });
  }
  return Object.freeze({
    pid: child.pid ?? 0,
    output: () => output,
    stop: () => endWith("SIGTERM"),
    kill: () => endWith("SIGKILL"),
    [Symbol.asyncDispose]: () => endWith("SIGTERM"),
  });
};
