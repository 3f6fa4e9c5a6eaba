import { createHash } from "node:crypto";

export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<T>(from: readonly T[]): T;
}

/** Chances that a seed decides. */
export const chanceOf = (seed: number): Chance => {
  let drawn = 0;
  const next = (): number => createHash("sha256").update(`${seed}:${drawn++}`).digest().readUInt32BE() / 2 ** 32;
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return { next, between, pick: (from) => from[between(0, from.length - 1)] as never };
};
