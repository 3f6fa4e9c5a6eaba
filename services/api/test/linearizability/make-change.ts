import { setTimeout as delay } from "node:timers/promises";

import type { Change, Effect } from "./history.ts";
import { post } from "./http-post.ts";
import { pick, type Stage, UnexpectedRefusal } from "./stage.ts";

/** An answer of the management API: data, or the code of an error. */
type Answered<Result> = { readonly ok: true; readonly data: Result } | { readonly ok: false; readonly code: string };

interface Envelope<Result> {
  readonly result?: { readonly data: Result };
  readonly error?: { readonly data?: { readonly error?: { readonly code?: string } } };
}

/** Asks whichever replica. `null`: no answer, or one that does not say whether it happened. */
export const call = async <Result>(stage: Stage, path: string, input: object): Promise<Answered<Result> | null> => {
  const url = pick(stage.installation.replicas, stage.random).url();
  if (url === null) return null;
  const answer = await post(`${url}/trpc/${path}`, { token: stage.installation.adminToken, body: input });
  if (answer === null) return null;
  const { result, error } = answer.json as Envelope<Result>;
  if (result !== undefined) return { ok: true, data: result.data };
  return answer.status === 503 ? null : { ok: false, code: error?.data?.error?.code ?? String(answer.status) };
};

/** Until it is answered, by whichever replica. */
export const insist = async <Result>(attempt: () => Promise<Result | null>): Promise<Result> => {
  for (;;) {
    const result = await attempt();
    if (result !== null) return result;
    await delay(50);
  }
};

/**
 * A lease of the replicas (2 s), and what others wait for it: after it, every replica knows what was committed, also
 * where nobody proved it.
 */
const LEASE_OVER_MS = 2_200;
/** The clocks of the service and of the history are one clock read in two ways. */
const CLOCKS_APART_MS = 20;

export interface Doing {
  readonly by: string;
  readonly keyId: string;
  readonly path: string;
  readonly input: object;
  /** Each with how long it lets what was before go on. */
  readonly effects: readonly { readonly effect: Effect; readonly overlapMs: number }[];
  /** What an answer means that refuses, since an earlier one without an answer did it. */
  readonly doneAlready?: string;
}

interface Promising {
  readonly effectiveEverywhere?: boolean;
  readonly waitedMs?: number;
}

export interface Made<Result> {
  readonly data: Result | null;
  /** Whether the call promised that it holds everywhere. */
  readonly isPromised: boolean;
}

/** Makes the call once and records what it has to do. `null` when it did not tell that it was done. @throws UnexpectedRefusal */
export const makeChange = async <Result>(stage: Stage, doing: Doing): Promise<Made<Result> | null> => {
  const { by, keyId, path, input, effects, doneAlready } = doing;
  const invoked = performance.now();
  const answer = await call<Result & Promising>(stage, path, input);
  const now = performance.now();
  const isDone = answer !== null && (answer.ok || answer.code === doneAlready);
  const promise: Promising = answer?.ok === true ? answer.data : {};
  const isPromised = promise.effectiveEverywhere === true;
  for (const { effect, overlapMs } of effects) {
    const returned = isDone ? now : null;
    const overlap = overlapMs === 0 ? 0 : overlapMs + CLOCKS_APART_MS;
    const holdsFrom = returned === null ? null : returned + Math.max(overlap, isPromised ? 0 : LEASE_OVER_MS);
    const waitedMs = isPromised ? (promise.waitedMs ?? null) : null;
    const change: Change = { kind: "change", by, keyId, effect, invoked, returned, holdsFrom, waitedMs };
    stage.history.push(change);
  }
  if (answer !== null && !isDone) throw new UnexpectedRefusal(path, answer.ok ? "" : answer.code);
  return isDone ? { data: answer.ok ? answer.data : null, isPromised } : null;
};
