import { setTimeout as pause } from "node:timers/promises";

import type { ObjectName } from "@itsy/controller-runtime";

import type { Tenant } from "./tenant.ts";

export interface Probe extends AsyncDisposable {
  /** How often the value was read and verified so far. */
  readonly rounds: number;
  /** How often there was nothing to read. */
  readonly absent: number;
  /** Refusals of a value that could still be read after it was refused: what must never be. */
  readonly broken: readonly string[];
  /** Refusals of a value that was replaced between its reading and the answer: what an overlap is there to prevent. */
  readonly late: readonly string[];
  /** The different values that were read. */
  readonly values: ReadonlySet<string>;
}

export interface ProbeOptions {
  /** Between two rounds. Default: none. */
  readonly everyMs?: number;
  /** A value that may be refused although it can be read: somebody ended it on purpose. */
  readonly except?: string | undefined;
}

/** Reads the Secret and verifies what it read, again and again, as a workload that uses its key all the time. */
export const startProbe = (tenant: Tenant, name: ObjectName, { everyMs = 0, except }: ProbeOptions = {}): Probe => {
  const state = { rounds: 0, absent: 0, broken: [] as string[], late: [] as string[], values: new Set<string>() };
  const stop = new AbortController();
  const look = async () => {
    const value = await tenant.findValue(name);
    if (value === null) {
      state.absent += 1;
      return;
    }
    state.values.add(value);
    const answer = await tenant.verify(value);
    if (answer.valid || value === except) return;
    ((await tenant.findValue(name)) === value ? state.broken : state.late).push(answer.code);
  };
  const loop = async () => {
    while (!stop.signal.aborted) {
      await look();
      state.rounds += 1;
      await pause(everyMs);
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
