import { setImmediate as turn } from "node:timers/promises";

import type { ObjectName } from "@itsy/controller-runtime";

import type { Tenant } from "./tenant.ts";

export interface Probe extends AsyncDisposable {
  /** How often the value was read and verified so far. */
  readonly rounds: number;
  /** Refusals of a value that could still be read after it was refused: what must never be. */
  readonly broken: readonly string[];
  /** Refusals of a value that was replaced between its reading and the answer: what an overlap is there to prevent. */
  readonly late: readonly string[];
  /** The different values that were read. */
  readonly values: ReadonlySet<string>;
}

/** Reads the Secret and verifies what it read, again and again, as a workload that uses its key all the time. */
export const startProbe = (tenant: Tenant, name: ObjectName): Probe => {
  const state = { rounds: 0, broken: [] as string[], late: [] as string[], values: new Set<string>() };
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      const value = await tenant.value(name);
      state.values.add(value);
      const answer = await tenant.verify(value);
      if (!answer.valid) ((await tenant.value(name)) === value ? state.broken : state.late).push(answer.code);
      state.rounds += 1;
      await turn();
    }
  };
  const running = loop();
  return Object.assign(state, {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  });
};
