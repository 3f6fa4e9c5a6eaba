/** How long the database takes to answer a draw (a read and a write), over all keys of a replica. */
export interface AnswerTime {
  note(tookMs: number): void;
  /** The mean of late, in milliseconds, which follows a slower answer at once. */
  usualMs(): number;
  /** How long after it was sent a draw's permits can be spent: rather long than too late, rather short than counted. */
  allowanceMs(): number;
}

const ALLOWANCE_LEAST_MS = 100;
export const ALLOWANCE_MOST_MS = 5000;
/** How much slower than usual an answer may be. */
const SLACK = 4;
const WEIGHT = 0.1;

export const createAnswerTime = (): AnswerTime => {
  let meanMs = 0;
  return {
    note: (tookMs) => {
      meanMs = Math.max(tookMs, meanMs + (tookMs - meanMs) * WEIGHT);
    },
    usualMs: () => meanMs,
    allowanceMs: () => Math.min(ALLOWANCE_MOST_MS, Math.max(ALLOWANCE_LEAST_MS, meanMs * SLACK)),
  };
};
