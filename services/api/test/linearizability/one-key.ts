import { setTimeout as delay } from "node:timers/promises";

import { call, type Doing, insist, makeChange } from "./make-change.ts";
import { type Held, pick, probeAll, type Stage, UnexpectedRefusal } from "./stage.ts";

/** Far more than anybody asks here. */
export const LIMIT_AT_FIRST = 1_000_000;
const LIMIT_TIGHTENED = 900_000;

interface Issued {
  readonly key: { readonly id: string };
  readonly secret: string;
}

/** A key while it lives here: its secrets, the current one last. */
interface Living {
  readonly keyId: string;
  readonly secrets: Held[];
}

const NAME = "a";

const born = (stage: Stage, { keyId, secrets }: Living, secret: string): void => {
  const held = { keyId, secret };
  stage.history.push({ kind: "born", ...held, returned: performance.now() });
  stage.live.add(held);
  secrets.push(held);
};

const texts = (held: readonly Held[]): readonly string[] => held.map(({ secret }) => secret);

const change = async (
  stage: Stage,
  { keyId }: Living,
  doing: Pick<Doing, "by" | "effects"> & { readonly input?: object },
): Promise<void> => {
  const path = `keys.${doing.by}`;
  await insist(async () => makeChange(stage, { ...doing, keyId, path, input: { keyId, ...doing.input } }));
};

const rotate = async (stage: Stage, living: Living, overlapMs: number): Promise<boolean> => {
  const { keyId, secrets } = living;
  const by = overlapMs === 0 ? "rotate" : "rotate with overlap";
  const ended = (held: readonly Held[], lastsMs: number) => ({
    effect: { of: "life", secrets: texts(held), value: "ended" } as const,
    overlapMs: lastsMs,
  });
  const effects = [ended(secrets.slice(-1), overlapMs), ended(secrets.slice(0, -1), 0)];
  const input = { keyId, overlapMs };
  const rotated = await makeChange<Issued>(stage, { by, keyId, path: "keys.rotate", input, effects });
  // Without an answer it may have happened or not: the secret that nobody saw is none of ours.
  if (rotated?.data == null) return false;
  born(stage, living, rotated.data.secret);
  await probeAll(stage, secrets);
  return true;
};

type Step = (stage: Stage, living: Living) => Promise<unknown>;

const rotateAtOnce: Step = (stage, living) => rotate(stage, living, 0);

const rollOver: Step = async (stage, living) => {
  const overlapMs = 100 + Math.ceil(stage.random() * 200);
  if (!(await rotate(stage, living, overlapMs))) return;
  await delay(overlapMs + 50);
  await probeAll(stage, living.secrets);
};

const OVERLAP_TO_FINISH_MS = 60_000;

const rollAndFinish: Step = async (stage, living) => {
  const before = [...living.secrets];
  if (!(await rotate(stage, living, OVERLAP_TO_FINISH_MS))) return;
  const effect = { of: "life", secrets: texts(before), value: "ended" } as const;
  await change(stage, living, { by: "finishOverlap", effects: [{ effect, overlapMs: 0 }] });
  await probeAll(stage, living.secrets);
};

const pauseAndResume: Step = async (stage, living) => {
  for (const value of [true, false]) {
    const effects = [{ effect: { of: "pause", value } as const, overlapMs: 0 }];
    await change(stage, living, { by: value ? "pause" : "resume", effects });
    await probeAll(stage, living.secrets);
  }
};

const tighten: Step = async (stage, living) => {
  const effects = [{ effect: { of: "limit", value: LIMIT_TIGHTENED } as const, overlapMs: 0 }];
  await change(stage, living, { by: "update", effects, input: { requestsPerMinute: LIMIT_TIGHTENED } });
  await probeAll(stage, living.secrets);
};

const steps: readonly Step[] = [rotateAtOnce, rollOver, rollAndFinish, pauseAndResume, pauseAndResume, tighten];

/** Until a call promised that it holds everywhere. */
const revoke = async (stage: Stage, { keyId, secrets }: Living): Promise<void> => {
  const effects = [{ effect: { of: "life", secrets: texts(secrets), value: "ended" } as const, overlapMs: 0 }];
  const doing: Doing = { by: "revoke", keyId, path: "keys.revoke", input: { keyId }, effects };
  await insist(async () => {
    const made = await makeChange(stage, doing);
    return made?.isPromised === true ? made : null;
  });
};

/** A call that finds nothing any more tells that an earlier one, whose answer was lost, was done. */
const remove = async (stage: Stage, { keyId, secrets }: Living): Promise<void> => {
  const effects = [{ effect: { of: "life", secrets: texts(secrets), value: "gone" } as const, overlapMs: 0 }];
  const input = { keyId, confirmName: NAME };
  const doing: Doing = { by: "delete", keyId, path: "keys.delete", input, effects, doneAlready: "NOT_FOUND" };
  await insist(() => makeChange(stage, doing));
};

const DELETED_SHARE = 0.15;

/** The life of one key: created, warm in every memory, changed, ended. Whether it ended by a revocation. */
export const liveOneKey = async (stage: Stage): Promise<boolean> => {
  const input = { name: NAME, environment: "production", requestsPerMinute: LIMIT_AT_FIRST };
  const created = await insist(() => call<Issued>(stage, "keys.create", input));
  if (!created.ok) throw new UnexpectedRefusal("keys.create", created.code);
  const living: Living = { keyId: created.data.key.id, secrets: [] };
  born(stage, living, created.data.secret);
  await probeAll(stage, living.secrets);
  for (let left = Math.floor(stage.random() * 3); left > 0; left -= 1) await pick(steps, stage.random)(stage, living);
  const isRevoked = stage.random() >= DELETED_SHARE;
  if (isRevoked) {
    await revoke(stage, living);
    await probeAll(stage, living.secrets);
  }
  if (!isRevoked || stage.random() < DELETED_SHARE) {
    await remove(stage, living);
    await probeAll(stage, living.secrets);
  }
  // A little longer, so that the clients that never pause meet what is over.
  await delay(30);
  for (const held of living.secrets) stage.live.delete(held);
  return isRevoked;
};
