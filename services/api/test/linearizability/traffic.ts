import { setTimeout as delay } from "node:timers/promises";
import type { Entry } from "./history.ts";
import { post } from "./http-post.ts";
import type { Installation } from "./installation.ts";
import type { Replica } from "./replicas.ts";

/** What is recorded, and what is verified without pause. */
export interface Stage {
  readonly installation: Installation;
  readonly history: Entry[];
  readonly random: () => number;
  /** The secrets that somebody is busy with. */
  readonly live: Set<string>;
  /** Verifications that are under way. */
  readonly underWay: Set<Promise<void>>;
}

const pick = <Value>(values: readonly Value[], random: () => number): Value =>
  values[Math.floor(random() * values.length)] as Value;

/** Asks one replica, and records the answer if there is one. */
export const use = async (stage: Stage, replica: Replica, secret: string): Promise<void> => {
  const url = replica.url();
  if (url === null) return;
  const invoked = performance.now();
  const answer = await post(`${url}/v1/verify`, { token: stage.installation.verifierToken, body: { secret } });
  const returned = performance.now();
  if (answer?.status !== 200) return;
  const accepted = (answer.json as { valid: boolean }).valid;
  stage.history.push({ kind: "used", secret, replica: replica.name, invoked, returned, accepted });
};

/** Asks every replica without waiting for the answers: one of them may hang. */
const probe = (stage: Stage, secret: string): Promise<unknown> =>
  Promise.all(
    stage.installation.replicas.map((replica) => {
      const asked: Promise<void> = use(stage, replica, secret).finally(() => stage.underWay.delete(asked));
      stage.underWay.add(asked);
      return asked;
    }),
  );

/** Verifies live secrets on one replica, one after the other, until the signal. */
export const verifyWithoutPause = async (stage: Stage, replica: Replica, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const secret = pick([...stage.live], stage.random);
    if (secret !== undefined && replica.url() !== null) await use(stage, replica, secret);
    await delay(1);
  }
};

const call = async <Result>(stage: Stage, path: string, input: object): Promise<Result | null> => {
  const url = pick(stage.installation.replicas, stage.random).url();
  if (url === null) return null;
  const answer = await post(`${url}/trpc/${path}`, { token: stage.installation.adminToken, body: input });
  return answer?.status === 200 ? (answer.json as { result: { data: Result } }).result.data : null;
};

/** Until it is answered, by whichever replica. */
const insist = async <Result>(attempt: () => Promise<Result | null>): Promise<Result> => {
  for (;;) {
    const result = await attempt();
    if (result !== null) return result;
    await delay(50);
  }
};

interface Issued {
  readonly key: { readonly id: string };
  readonly secret: string;
}
interface Everywhere {
  readonly effectiveEverywhere: boolean;
  readonly waitedMs: number;
}

const born = (stage: Stage, secret: string): string => {
  stage.history.push({ kind: "born", secret, returned: performance.now() });
  stage.live.add(secret);
  return secret;
};

/** The clocks of the service and of the history are one clock read in two ways. */
const CLOCKS_APART_MS = 20;

type Ending = Extract<Entry, { kind: "ended" }>;

const end = async <Result extends Everywhere>(
  stage: Stage,
  { secret, by, overlapMs = 0 }: Pick<Ending, "secret" | "by"> & { readonly overlapMs?: number },
  attempt: () => Promise<Result | null>,
): Promise<Result | null> => {
  const invoked = performance.now();
  const result = await attempt();
  const returned = performance.now();
  const overMs = returned + (overlapMs === 0 ? 0 : overlapMs + CLOCKS_APART_MS);
  const holdsFrom = result?.effectiveEverywhere === true ? overMs : null;
  stage.history.push({ kind: "ended", secret, by, invoked, holdsFrom, waitedMs: result?.waitedMs ?? null });
  if (holdsFrom !== null && holdsFrom > returned) await delay(holdsFrom - returned + 1);
  if (holdsFrom !== null) void probe(stage, secret);
  return result;
};

const rotate = async (stage: Stage, issued: Issued, overlapMs: number): Promise<Issued> => {
  const by = overlapMs === 0 ? "rotate" : "rotate with overlap";
  const rotated = await end(stage, { secret: issued.secret, by, overlapMs }, () =>
    call<Issued & Everywhere>(stage, "keys.rotate", { keyId: issued.key.id, overlapMs }),
  );
  // Without an answer it may have happened or not: the secret that nobody saw is none of ours.
  if (rotated === null) return issued;
  born(stage, rotated.secret);
  await Promise.race([probe(stage, rotated.secret), delay(100)]);
  return rotated;
};

const REQUESTS_PER_MINUTE = 1_000_000;

/** The life of one key: created, warm in every memory, perhaps rotated, and revoked. */
export const liveOneKey = async (stage: Stage): Promise<void> => {
  const input = { name: "a", environment: "production", requestsPerMinute: REQUESTS_PER_MINUTE };
  let issued = await insist(() => call<Issued>(stage, "keys.create", input));
  const secrets = [born(stage, issued.secret)];
  await Promise.race([probe(stage, issued.secret), delay(100)]);
  const chance = stage.random();
  if (chance < 0.4) {
    issued = await rotate(stage, issued, chance < 0.2 ? 0 : Math.ceil(chance * 500));
    secrets.push(issued.secret);
  }
  const { id: keyId } = issued.key;
  await insist(async () => {
    const revoked = await end(stage, { secret: issued.secret, by: "revoke" }, () =>
      call<Everywhere>(stage, "keys.revoke", { keyId }),
    );
    return revoked?.effectiveEverywhere === true ? revoked : null;
  });
  // A little longer, so that the clients that never pause meet what is over.
  await delay(30);
  for (const secret of secrets) stage.live.delete(secret);
};
