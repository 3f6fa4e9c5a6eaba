import { setImmediate as turn } from "node:timers/promises";

import type { ObjectName } from "@itsy/controller-runtime";

import type { Tenant } from "./tenant.ts";

export interface Probe extends AsyncDisposable {
  /** How often the value was read and verified so far. */
  readonly rounds: number;
  readonly refusals: readonly string[];
  /** The different values that were read. */
  readonly values: ReadonlySet<string>;
}

/** Reads the Secret and verifies what it read, again and again, as a workload that uses its key all the time. */
export const startProbe = (tenant: Tenant, name: ObjectName): Probe => {
  const state = { rounds: 0, refusals: [] as string[], values: new Set<string>() };
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      state.values.add(await tenant.value(name));
      const answer = await tenant.verifyValue(name);
      if (!answer.valid) state.refusals.push(answer.code);
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
