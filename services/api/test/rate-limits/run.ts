import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";

import { createClient } from "@itsy/client";
import type { DatabaseServer } from "@itsy/testbed";
import { createSeededBytes } from "@itsy/testing";

import { type Installation, startInstallation } from "../linearizability/installation.ts";
import { idealAdmission, overAdmission, wronglyRefused } from "./judge.ts";
import { type StreamLog, sendStreams } from "./send.ts";
import type { Stream } from "./streams.ts";

export interface RunOptions {
  readonly seed: number;
  readonly replicas: number;
  readonly streams: readonly Stream[];
  readonly durationMs: number;
  /** About how often a replica is ended (SIGTERM, then SIGKILL, in turn) and another started, or one is frozen. */
  readonly churnEveryMs?: number;
}

/** One stream of one run: a row of the table. */
export interface Row extends Stream {
  readonly replicas: number;
  /** Requests that were accepted or refused. */
  readonly judged: number;
  /** Those that a limiter that knows everything would have accepted. */
  readonly ideal: number;
  readonly accepted: number;
  /** By how many the fullest window of 60 seconds exceeds the limit. */
  readonly over: number;
  /** The part of `ideal` that was not accepted. */
  readonly under: number;
  /** See the function of this name. */
  readonly wronglyRefused: number;
  /** The slowest hundredth of the answers, in milliseconds: how busy the machine is. */
  readonly p99Ms: number;
  readonly unavailable: number;
  readonly lost: number;
}

/** Each purpose has numbers of its own: what is drawn for it does not depend on when others draw. */
const randomnessOf =
  (seed: number) =>
  (purpose: string): (() => number) => {
    const bytes = createSeededBytes(crc32(purpose, seed));
    return () => Buffer.from(bytes(4)).readUInt32LE() / 2 ** 32;
  };

const issueKeys = async ({ replicas, adminToken }: Installation, streams: readonly Stream[]) => {
  const { keys } = createClient({ url: replicas[0]?.url() ?? "", token: adminToken });
  const issue = async (stream: Stream) => {
    const { limit, traffic } = stream;
    const created = await keys.create({
      name: `${limit} ${traffic}`,
      environment: "production",
      requestsPerMinute: limit,
    });
    return [stream, created.secret] as const;
  };
  return new Map(await Promise.all(streams.map(issue)));
};

/** Replicas come and go until the signal. */
const churn = async (
  installation: Installation,
  everyMs: number,
  options: { random: () => number; until: AbortSignal },
) => {
  const { random, until } = options;
  for (let turn = 0; ; turn += 1) {
    await delay(everyMs * (0.5 + random()), undefined, { signal: until }).catch(() => undefined);
    if (until.aborted) return;
    const replica = installation.replicas[Math.floor(random() * installation.replicas.length)];
    if (turn % 3 === 0) await replica?.replace();
    else if (turn % 3 === 1) await replica?.restart();
    else await replica?.freeze(500 + random() * 3500);
  }
};

const rowOf = ({ stream, judged, unavailable, lost }: StreamLog, replicas: number): Row => {
  const ideal = idealAdmission(judged, stream.limit);
  const accepted = judged.filter((entry) => entry.accepted).length;
  const under = ideal === 0 ? 0 : Math.max(0, 1 - accepted / ideal);
  const over = overAdmission(judged, stream.limit);
  const wrong = wronglyRefused(judged, stream.limit);
  const tookMs = judged.map(({ sentMs, answeredMs }) => answeredMs - sentMs).toSorted((a, b) => a - b);
  const p99Ms = tookMs[Math.floor(tookMs.length * 0.99)] ?? 0;
  const found = { ideal, accepted, over, under, wronglyRefused: wrong, p99Ms, unavailable, lost };
  return { ...stream, replicas, judged: judged.length, ...found };
};

/** Replicas as processes on one real server, clients that keep to their traffic, and the verdict on the merged log. */
export const runRateLimits = async (server: DatabaseServer, options: RunOptions): Promise<readonly Row[]> => {
  const { seed, replicas, streams, durationMs, churnEveryMs } = options;
  await using installation = await startInstallation(server, { replicaCount: replicas });
  const secrets = await issueKeys(installation, streams);
  const randomFor = randomnessOf(seed);
  const over = new AbortController();
  const churning =
    churnEveryMs === undefined
      ? Promise.resolve()
      : churn(installation, churnEveryMs, { random: randomFor("who comes and goes"), until: over.signal });
  // Told below, when the streams are over.
  churning.catch(() => undefined);
  const logs = await sendStreams({ installation, secrets, randomFor, durationMs }).finally(() => over.abort());
  await churning;
  return logs.map((log) => rowOf(log, replicas));
};
