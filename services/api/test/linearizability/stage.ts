import { setTimeout as delay } from "node:timers/promises";

import type { Verification } from "@itsy/contract";

import type { Entry, Used } from "./history.ts";
import { post } from "./http-post.ts";
import type { Installation } from "./installation.ts";
import type { Replica } from "./replicas.ts";

/** A secret of a key. */
export interface Held {
  readonly keyId: string;
  readonly secret: string;
}

/** The service refused what it should have done. */
export class UnexpectedRefusal extends Error {
  constructor(path: string, code: string) {
    super(`${path} was refused: ${code}`);
    this.name = "UnexpectedRefusal";
  }
}

/** What is recorded, and what is verified without pause. */
export interface Stage {
  readonly installation: Installation;
  readonly history: Entry[];
  readonly random: () => number;
  /** The secrets that somebody is busy with. */
  readonly live: Set<Held>;
  /** Verifications that are under way. */
  readonly underWay: Set<Promise<void>>;
  /** What the service refused and should not have: none. */
  readonly refusals: UnexpectedRefusal[];
}

export const createStage = (installation: Installation, random: () => number): Stage => ({
  installation,
  history: [],
  random,
  live: new Set(),
  underWay: new Set(),
  refusals: [],
});

export const pick = <Value>(values: readonly Value[], random: () => number): Value =>
  values[Math.floor(random() * values.length)] as Value;

const answerOf = (verification: Verification): Used["answer"] =>
  verification.valid ? { code: "VALID", limit: verification.rateLimit.limit } : { code: verification.code };

/** Asks one replica, and records the answer if there is one. */
const use = async (stage: Stage, replica: Replica, held: Held): Promise<void> => {
  const url = replica.url();
  if (url === null) return;
  const { keyId, secret } = held;
  const invoked = performance.now();
  const answer = await post(`${url}/v1/verify`, { token: stage.installation.verifierToken, body: { secret } });
  const returned = performance.now();
  // Nobody there, or nobody who could ask: neither says anything of the key.
  if (answer === null || answer.status === 503) return;
  if (answer.status !== 200) return void stage.refusals.push(new UnexpectedRefusal("verify", String(answer.status)));
  const verdict = answerOf(answer.json as Verification);
  stage.history.push({ kind: "used", keyId, secret, replica: replica.name, invoked, returned, answer: verdict });
};

/** Asks every replica without waiting for the answers: one of them may hang. */
export const probe = (stage: Stage, held: Held): Promise<unknown> =>
  Promise.all(
    stage.installation.replicas.map((replica) => {
      const asked: Promise<void> = use(stage, replica, held).finally(() => stage.underWay.delete(asked));
      stage.underWay.add(asked);
      return asked;
    }),
  );

/** As long as one probe usually takes; a replica that hangs is not waited for. */
const PROBE_MAX_MS = 100;

export const probeAll = async (stage: Stage, held: readonly Held[]): Promise<void> => {
  await Promise.race([Promise.all(held.map((one) => probe(stage, one))), delay(PROBE_MAX_MS)]);
};

/** Verifies live secrets on one replica, one after the other, until the signal. */
export const verifyWithoutPause = async (stage: Stage, replica: Replica, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const held = pick([...stage.live], stage.random);
    if (held !== undefined && replica.url() !== null) await use(stage, replica, held);
    await delay(1);
  }
};
