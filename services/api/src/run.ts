import { randomBytes } from "node:crypto";

import { monotonicMs, systemClock } from "./adapters/clock.ts";
import { startApi } from "./api.ts";
import { parseSettings } from "./env.ts";
import { exitWith } from "./exit.ts";

const run = async (): Promise<void> => {
  const settings = parseSettings();
  const api = await startApi(settings, {
    clock: systemClock,
    monotonicMs,
    random: randomBytes,
    print: (line) => process.stdout.write(`${line}\n`),
  });

  const stop = async (signal: NodeJS.Signals) => {
    api.logger.info({ signal }, "draining");
    await api[Symbol.asyncDispose]();
    api.logger.info("stopped");
    process.exit(0);
  };
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // Asked again: whoever asks does not want to wait.
      if (stopping) process.exit(1);
      stopping = true;
      stop(signal).catch(exitWith);
    });
  }
};
run().catch(exitWith);
