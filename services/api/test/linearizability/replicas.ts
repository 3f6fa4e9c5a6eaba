import { type Spawned, spawnProgram } from "../api/spawn.ts";

/** One place of the installation; the process in it changes. */
export interface Replica {
  readonly name: string;
  /** `null` while there is no process. */
  readonly url: () => string | null;
  readonly stdout: () => string;
  /** Holds the process still for so long. */
  readonly freeze: (ms: number) => Promise<void>;
  /** Ends the process with SIGKILL and starts another. */
  readonly restart: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** On a machine that is busy with everything else. */
const START_MAX_MS = 60_000;

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

export const startReplica = async (name: string, env: Readonly<Record<string, string>>): Promise<Replica> => {
  let process: Spawned;
  let url: string | null = null;
  const start = async () => {
    process = spawnProgram("main", { env });
    url = await process.listening(START_MAX_MS);
  };
  await start();
  return Object.freeze({
    name,
    url: () => url,
    stdout: () => process.stdout(),
    freeze: async (ms: number) => {
      process.signal("SIGSTOP");
      await sleep(ms);
      process.signal("SIGCONT");
    },
    restart: async () => {
      url = null;
      await process[Symbol.asyncDispose]();
      await start();
    },
    [Symbol.asyncDispose]: async () => process[Symbol.asyncDispose](),
  });
};
