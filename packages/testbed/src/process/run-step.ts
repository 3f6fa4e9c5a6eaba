import { execa } from "execa";
import type { Log } from "../log.ts";

export type Step = {
  /** Shown while it runs, for example `building etcd … 1 of 3`. */
  readonly label: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

const TICK_MS = 10_000;
const TAIL_CHARS = 4000;

/**
 * Runs a command to its end, with a progress line every 10 s.
 * @throws Error with the last output when it fails.
 */
export const runStep = async (step: Step, log: Log): Promise<string> => {
  const startedMs = performance.now();
  log(step.label);
  const ticker = setInterval(() => {
    log(`${step.label}, ${Math.round((performance.now() - startedMs) / 1000)} s`);
  }, TICK_MS);
  try {
    const result = await execa(step.file, [...step.args], {
      all: true,
      reject: false,
      stdin: "ignore",
      ...(step.cwd === undefined ? {} : { cwd: step.cwd }),
      ...(step.env === undefined ? {} : { env: step.env }),
    });
    if (result.failed) throw new Error(`${step.label}: ${result.shortMessage}\n${result.all.slice(-TAIL_CHARS)}`);
    return result.all;
  } finally {
    clearInterval(ticker);
  }
};
