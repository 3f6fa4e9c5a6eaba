import { setTimeout as delay } from "node:timers/promises";
import { post } from "../linearizability/http-post.ts";
import type { Installation } from "../linearizability/installation.ts";
import type { Judged } from "./judge.ts";
import { arrivals, replicaFor, type Stream } from "./streams.ts";

/** What became of a stream's requests. */
export interface StreamLog {
  readonly stream: Stream;
  readonly judged: Judged[];
  /** Answered 503: nobody knew whether the limit allows it. */
  unavailable: number;
  /** Without an answer, since the replica was killed. */
  lost: number;
}

export interface SendOptions {
  readonly installation: Installation;
  readonly secrets: ReadonlyMap<Stream, string>;
  /** Numbers in [0, 1): the same ones for the same purpose, whatever else is drawn meanwhile. */
  readonly randomFor: (purpose: string) => () => number;
  readonly durationMs: number;
}

/** Late by so much at most, unless the machine is busy: what counts is when a request was really sent. */
const TICK_MS = 4;

/** Sends what is due, whether or not what was sent before is answered. */
export const sendStreams = async (options: SendOptions): Promise<readonly StreamLog[]> => {
  const { installation, secrets, randomFor, durationMs } = options;
  const { replicas, verifierToken: token } = installation;
  const underWay = new Set<Promise<void>>();

  const send = async (log: StreamLog, secret: string, replica: number): Promise<void> => {
    const url = replicas[replica]?.url() ?? null;
    const anyUrl = url ?? replicas.map((replica) => replica.url()).find((other) => other !== null);
    if (anyUrl == null) return;
    const sentMs = performance.now();
    const answer = await post(`${anyUrl}/v1/verify`, { token, body: { secret } });
    const answeredMs = performance.now();
    if (answer === null) log.lost += 1;
    else if (answer.status === 503) log.unavailable += 1;
    else log.judged.push({ sentMs, answeredMs, accepted: (answer.json as { valid: boolean }).valid });
  };

  const streams = [...secrets].map(([stream, secret]) => {
    const log: StreamLog = { stream, judged: [], unavailable: 0, lost: 0 };
    const name = `${stream.limit} ${stream.traffic}`;
    const due = arrivals(stream, randomFor(`${name}: when`));
    const random = randomFor(`${name}: where`);
    const nextReplica = () => replicaFor(stream, replicas.length, random);
    return { log, secret, due, nextReplica, nextMs: due.next().value as number };
  });
  const beganMs = performance.now();
  for (let nowMs = 0; nowMs < durationMs; nowMs = performance.now() - beganMs) {
    for (const stream of streams) {
      for (; stream.nextMs <= nowMs; stream.nextMs = stream.due.next().value as number) {
        const sending: Promise<void> = send(stream.log, stream.secret, stream.nextReplica()).finally(() =>
          underWay.delete(sending),
        );
        underWay.add(sending);
      }
    }
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
  return streams.map(({ log }) => log);
};
