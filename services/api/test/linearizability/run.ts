import type { DatabaseServer } from "@itsy/testbed";
import { seededRandom } from "@itsy/testing";

import { type ChaosOptions, type Havoc, wreakHavoc } from "./chaos.ts";
import { checkHistory, type Verdict } from "./check-history.ts";
import type { Entry } from "./history.ts";
import { startInstallation } from "./installation.ts";
import { type Act, live } from "./live.ts";
import { LIMIT_AT_FIRST } from "./one-key.ts";
import { createStage, type Stage, type UnexpectedRefusal, verifyWithoutPause } from "./stage.ts";

export interface RunOptions {
  readonly seed: number;
  /** While all is well, and while it is not. */
  readonly calm: Act;
  readonly stormy: Act;
  readonly databaseEvery: number;
  /** No key begins after it; what lived until then is judged. */
  readonly signal?: AbortSignal | undefined;
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

const waitsOf = (history: readonly Entry[]): readonly number[] =>
  history.flatMap((entry) => (entry.kind === "change" && entry.waitedMs !== null ? [entry.waitedMs] : []));

const storm = async (stage: Stage, options: RunOptions): Promise<Havoc> => {
  const { installation, random } = stage;
  const over = new AbortController();
  const chaos: ChaosOptions = { random, databaseEvery: options.databaseEvery, signal: over.signal };
  const wreaking = wreakHavoc(installation, chaos);
  // Told below, when the keys have lived: the history counts whatever becomes of the havoc.
  wreaking.catch(() => undefined);
  try {
    await live(stage, { ...options, ...options.stormy });
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
  const stage = createStage(installation, seededRandom(options.seed));
  const { history, refusals } = stage;
  const over = new AbortController();
  const clients = installation.replicas.flatMap((replica) =>
    Array.from({ length: 2 }, () => verifyWithoutPause(stage, replica, over.signal)),
  );
  try {
    // Not counted: connections are made and code gets warm.
    await live(stage, { revocations: options.calm.workers, workers: options.calm.workers });
    const warm = history.length;
    await live(stage, { ...options, ...options.calm });
    const calm = history.length;
    const havoc = await storm(stage, options);
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
