import type { DatabaseServer } from "@itsy/testbed";

import { type ChaosOptions, type Havoc, wreakHavoc } from "./chaos.ts";
import { checkHistory, type Verdict } from "./check-history.ts";
import type { Entry } from "./history.ts";
import { startInstallation } from "./installation.ts";
import { liveOneKey, type Stage, verifyWithoutPause } from "./traffic.ts";

export interface RunOptions {
  readonly seed: number;
  /** Keys that are revoked while all is well, and while it is not. */
  readonly calm: number;
  readonly stormy: number;
  readonly databaseEvery: number;
  /** Keys that live at the same time. */
  readonly workers: number;
}

export interface Report {
  readonly history: readonly Entry[];
  readonly verdict: Verdict;
  readonly havoc: Havoc;
  /** What calls that ended something waited for while all was well, in milliseconds. */
  readonly calmWaitsMs: readonly number[];
  readonly stormyWaitsMs: readonly number[];
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
const seeded = (seed: number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** So many keys live and die, a few at a time. */
const live = async (stage: Stage, keys: number, workers: number): Promise<void> => {
  let left = keys;
  const worker = async () => {
    for (; left > 0; ) {
      left -= 1;
      await liveOneKey(stage);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
};

const waitsOf = (history: readonly Entry[]): readonly number[] =>
  history.flatMap((entry) => (entry.kind === "ended" && entry.waitedMs !== null ? [entry.waitedMs] : []));

const storm = async (stage: Stage, options: RunOptions): Promise<Havoc> => {
  const over = new AbortController();
  const chaos: ChaosOptions = { random: stage.random, databaseEvery: options.databaseEvery, signal: over.signal };
  const wreaking = wreakHavoc(stage.installation, chaos);
  // Told below, when the keys have lived: the history counts whatever becomes of the havoc.
  wreaking.catch(() => undefined);
  try {
    await live(stage, options.stormy, options.workers);
  } finally {
    over.abort();
  }
  return wreaking;
};

/**
 * Three replicas on one server, clients that verify on each of them without pause, keys that are revoked and rotated,
 * first in peace, then while replicas and the database are frozen, killed and restarted; and the verdict on the history.
 */
export const runLinearizability = async (server: DatabaseServer, options: RunOptions): Promise<Report> => {
  await using installation = await startInstallation(server);
  const history: Entry[] = [];
  const random = seeded(options.seed);
  const stage: Stage = { installation, history, random, live: new Set(), underWay: new Set() };
  const over = new AbortController();
  const clients = installation.replicas.flatMap((replica) =>
    Array.from({ length: 2 }, () => verifyWithoutPause(stage, replica, over.signal)),
  );
  try {
    // Not counted: connections are made and code gets warm.
    await live(stage, options.workers, options.workers);
    const warm = history.length;
    await live(stage, options.calm, options.workers);
    const calm = history.length;
    const havoc = await storm(stage, options);
    over.abort();
    await Promise.all([...clients, ...stage.underWay]);
    return {
      history,
      verdict: checkHistory(history),
      havoc,
      calmWaitsMs: waitsOf(history.slice(warm, calm)),
      stormyWaitsMs: waitsOf(history.slice(calm)),
    };
  } finally {
    over.abort();
  }
};

/** The value that so much of the others does not exceed. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
