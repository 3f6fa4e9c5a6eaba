import type { DatabaseServer } from "@itsy/testbed";

import { type ChaosOptions, type Havoc, wreakHavoc } from "./chaos.ts";
import { checkHistory, type Verdict } from "./check-history.ts";
import type { Entry } from "./history.ts";
import { startInstallation } from "./installation.ts";
import { UnexpectedRefusal } from "./make-change.ts";
import { LIMIT_AT_FIRST, liveOneKey } from "./one-key.ts";
import { type Stage, verifyWithoutPause } from "./stage.ts";

/** So many keys that end by a revocation, and how many live at the same time. */
export interface Act {
  readonly revocations: number;
  readonly workers: number;
}

export interface RunOptions {
  readonly seed: number;
  /** While all is well, and while it is not. */
  readonly calm: Act;
  readonly stormy: Act;
  readonly databaseEvery: number;
  /** Told now and then. */
  readonly onProgress?: (line: string) => void;
}

export interface Report {
  readonly history: readonly Entry[];
  readonly verdict: Verdict;
  readonly havoc: Havoc;
  /** What the service refused and should not have: none. */
  readonly refusals: readonly UnexpectedRefusal[];
  /** What calls that hold everywhere waited for while all was well, in milliseconds. */
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

interface Course {
  readonly stage: Stage;
  readonly refusals: UnexpectedRefusal[];
  readonly onProgress: (line: string) => void;
}

const PROGRESS_EVERY = 1_000;

/** Keys live and die, a few at a time, until so many were revoked. */
const live = async ({ stage, refusals, onProgress }: Course, { revocations, workers }: Act): Promise<void> => {
  let revoked = 0;
  const one = async (): Promise<boolean> => {
    try {
      return await liveOneKey(stage);
    } catch (error) {
      if (!(error instanceof UnexpectedRefusal)) throw error;
      refusals.push(error);
      return true;
    }
  };
  const worker = async () => {
    while (revoked < revocations) {
      if (!(await one())) continue;
      revoked += 1;
      if (revoked % PROGRESS_EVERY === 0) onProgress(`${revoked} of ${revocations} revoked`);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
};

const waitsOf = (history: readonly Entry[]): readonly number[] =>
  history.flatMap((entry) => (entry.kind === "change" && entry.waitedMs !== null ? [entry.waitedMs] : []));

const storm = async (course: Course, options: RunOptions): Promise<Havoc> => {
  const { installation, random } = course.stage;
  const over = new AbortController();
  const chaos: ChaosOptions = { random, databaseEvery: options.databaseEvery, signal: over.signal };
  const wreaking = wreakHavoc(installation, chaos);
  // Told below, when the keys have lived: the history counts whatever becomes of the havoc.
  wreaking.catch(() => undefined);
  try {
    await live(course, options.stormy);
  } finally {
    over.abort();
  }
  return wreaking;
};

/**
 * Three replicas on one server, clients that verify on each of them without pause, keys that are changed and ended,
 * first in peace, then while replicas and the database are frozen, killed and restarted; and the verdict on the history.
 */
export const runLinearizability = async (server: DatabaseServer, options: RunOptions): Promise<Report> => {
  await using installation = await startInstallation(server);
  const history: Entry[] = [];
  const refusals: UnexpectedRefusal[] = [];
  const random = seeded(options.seed);
  const stage: Stage = { installation, history, random, live: new Set(), underWay: new Set() };
  const course: Course = { stage, refusals, onProgress: options.onProgress ?? (() => undefined) };
  const over = new AbortController();
  const clients = installation.replicas.flatMap((replica) =>
    Array.from({ length: 2 }, () => verifyWithoutPause(stage, replica, over.signal)),
  );
  try {
    // Not counted: connections are made and code gets warm.
    await live(course, { revocations: options.calm.workers, workers: options.calm.workers });
    const warm = history.length;
    await live(course, options.calm);
    const calm = history.length;
    const havoc = await storm(course, options);
    over.abort();
    await Promise.all([...clients, ...stage.underWay]);
    return {
      history,
      verdict: checkHistory(history, LIMIT_AT_FIRST),
      havoc,
      refusals,
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
