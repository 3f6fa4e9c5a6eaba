import type { Born, Change, Instant, Used } from "./history.ts";

export type Life = "unborn" | "alive" | "ended" | "gone";

/** What a verification may have seen. Each part by itself: which of them were together is not told. */
export interface PossibleStates {
  readonly life: ReadonlySet<Life>;
  readonly paused: ReadonlySet<boolean>;
  readonly limit: ReadonlySet<number>;
}

interface Write<Value> {
  readonly value: Value;
  readonly invoked: Instant;
  readonly returned: Instant;
  readonly holdsFrom: Instant;
}

const NEVER = Number.POSITIVE_INFINITY;

const writeOf = <Value>({ invoked, returned, holdsFrom }: Change, value: Value): Write<Value> => ({
  value,
  invoked,
  returned: returned ?? NEVER,
  holdsFrom: holdsFrom ?? NEVER,
});

/**
 * Of a register that is written over and over: everything that was written, or is being, unless it was over before
 * another write began which held everywhere before the read did. (Lamport's regular register, "On interprocess
 * communication", 1986: a read sees the last write before it, or one that overlaps with it.)
 */
const readable = <Value>(writes: readonly Write<Value>[], { invoked, returned }: Used): ReadonlySet<Value> => {
  const isOver = (write: Write<Value>) =>
    writes.some((later) => write.returned < later.invoked && later.holdsFrom < invoked);
  return new Set(writes.filter((write) => write.invoked <= returned && !isOver(write)).map(({ value }) => value));
};

/** Of what only ever goes one way, so that a call without an answer cannot bring back what was. */
const livesOf = (ends: readonly Write<"ended" | "gone">[], born: Instant, use: Used): ReadonlySet<Life> => {
  const isPossible = (value: "ended" | "gone") =>
    ends.some((end) => end.value === value && end.invoked <= use.returned);
  const holds = (value: "ended" | "gone") => ends.some((end) => end.value === value && end.holdsFrom < use.invoked);
  const lives = new Set<Life>();
  if (use.invoked <= born) lives.add("unborn");
  if (!holds("ended") && !holds("gone")) lives.add("alive");
  if (isPossible("ended") && !holds("gone")) lives.add("ended");
  if (isPossible("gone")) lives.add("gone");
  return lives;
};

/** A key as the history has it: the limit it was made with, and every call about it. */
export interface Story {
  readonly limit: number;
  readonly changes: readonly Change[];
}

const FROM_THE_START = { invoked: Number.NEGATIVE_INFINITY, returned: Number.NEGATIVE_INFINITY, holdsFrom: NEVER };

export const possibleStates = ({ limit, changes }: Story, born: Born | undefined, use: Used): PossibleStates => {
  const ends: Write<"ended" | "gone">[] = [];
  const pauses: Write<boolean>[] = [{ ...FROM_THE_START, value: false }];
  const limits: Write<number>[] = [{ ...FROM_THE_START, value: limit }];
  for (const change of changes) {
    const { effect } = change;
    if (effect.of === "pause") pauses.push(writeOf(change, effect.value));
    else if (effect.of === "limit") limits.push(writeOf(change, effect.value));
    else if (effect.secrets.includes(use.secret)) ends.push(writeOf(change, effect.value));
  }
  return {
    life: livesOf(ends, born?.returned ?? NEVER, use),
    paused: readable(pauses, use),
    limit: readable(limits, use),
  };
};
