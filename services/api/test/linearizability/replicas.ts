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
  /** The same with SIGTERM, and no new request meanwhile. */
  readonly replace: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** On a machine that is busy with everything else. */
const START_MAX_MS = 60_000;
/** One that did not listen in time is killed, and another is started: a history must not end for that. */
const STARTS_MAX = 5;

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

interface Listening {
  readonly process: Spawned;
  readonly url: string;
}

const startProcess = async (env: Readonly<Record<string, string>>): Promise<Listening> => {
  for (let left = STARTS_MAX - 1; ; left -= 1) {
    const process = spawnProgram("main", { env });
    try {
      return { process, url: await process.listening(START_MAX_MS) };
    } catch (error) {
      await process[Symbol.asyncDispose]();
      if (left === 0) throw error;
    }
  }
};

export const startReplica = async (name: string, env: Readonly<Record<string, string>>): Promise<Replica> => {
  let now: Listening | null = await startProcess(env);
  const another = async (end: (before: Spawned) => Promise<unknown>) => {
    const before = now;
    now = null;
    if (before !== null) await end(before.process);
    now = await startProcess(env);
  };
  return Object.freeze({
    name,
    url: () => now?.url ?? null,
    stdout: () => now?.process.stdout() ?? "",
    freeze: async (ms: number) => {
      now?.process.signal("SIGSTOP");
      await sleep(ms);
      now?.process.signal("SIGCONT");
    },
    restart: () => another(async (before) => before[Symbol.asyncDispose]()),
    replace: () =>
      another((before) => {
        before.signal("SIGTERM");
        return before.ended;
      }),
    [Symbol.asyncDispose]: async () => now?.process[Symbol.asyncDispose](),
  });
};
