import type { Born, Change, Entry, Used } from "./history.ts";
import { type PossibleStates, possibleStates, type Story } from "./possible-states.ts";

/** What a verification answered that nothing which it may have seen explains. */
export type Rule =
  | "accepted after the end"
  | "accepted while paused"
  | "accepted with a limit that is over"
  | "not told as deleted"
  | "told as paused, and is not"
  | "refused without a reason";

export interface Violation {
  readonly rule: Rule;
  readonly use: Used;
  readonly changes: readonly Change[];
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** How many calls promised that they hold everywhere, by what they were. */
  readonly promised: Readonly<Record<string, number>>;
  readonly accepted: number;
  /** Verifications that could have shown a violation, since what was before was over when they began. */
  readonly afterTheEnd: number;
  readonly whilePaused: number;
  readonly afterTheLimit: number;
  /** Verifications that began after a resume had returned, and were still told of the pause: allowed for a lease. */
  readonly pausedAfterResume: number;
  readonly pausedAfterResumeMaxMs: number;
}

interface Known {
  readonly stories: ReadonlyMap<string, { readonly limit: number; readonly changes: Change[] }>;
  readonly births: ReadonlyMap<string, Born>;
}

const readHistory = (history: readonly Entry[], limit: number): Known => {
  const stories = new Map<string, { readonly limit: number; readonly changes: Change[] }>();
  const births = new Map<string, Born>();
  for (const entry of history) {
    if (entry.kind === "born") births.set(entry.secret, entry);
    if (entry.kind !== "change") continue;
    const story = stories.get(entry.keyId) ?? { limit, changes: [] };
    stories.set(entry.keyId, story);
    story.changes.push(entry);
  }
  return { stories, births };
};

const ruleOfAccept = (limit: number, possible: PossibleStates): Rule | null => {
  if (!possible.life.has("alive")) return "accepted after the end";
  if (!possible.paused.has(false)) return "accepted while paused";
  return possible.limit.has(limit) ? null : "accepted with a limit that is over";
};

const ruleOf = ({ answer }: Used, possible: PossibleStates): Rule | null => {
  const { life, paused } = possible;
  if (answer.code === "VALID") return ruleOfAccept(answer.limit, possible);
  if (answer.code === "NOT_FOUND") return life.has("gone") || life.has("unborn") ? null : "refused without a reason";
  if (life.size === 1 && life.has("gone")) return "not told as deleted";
  if (answer.code === "REVOKED") return life.has("ended") ? null : "refused without a reason";
  if (answer.code !== "PAUSED") return "refused without a reason";
  if (life.has("alive") && paused.has(true)) return null;
  return paused.has(true) ? "refused without a reason" : "told as paused, and is not";
};

/** For how long the resume before a verification had returned; `null` when none had, or a later pause began. */
const sinceResumeMs = ({ invoked, returned, answer }: Used, { changes }: Story): number | null => {
  if (answer.code !== "PAUSED") return null;
  const pauses = changes.filter(({ effect, invoked: begun }) => effect.of === "pause" && begun <= returned);
  const last = pauses.at(-1);
  if (last?.effect.value !== false || last.returned === null || last.returned >= invoked) return null;
  return invoked - last.returned;
};

const countPromised = (history: readonly Entry[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const entry of history) {
    if (entry.kind === "change" && entry.waitedMs !== null) counts[entry.by] = (counts[entry.by] ?? 0) + 1;
  }
  return counts;
};

/**
 * Holds each verification of a history against what it may have seen. Calls without an answer may have taken effect at
 * any time after they were invoked; between the call of a change and from when on it holds, replicas may differ.
 * @param limit with which every key was made, in requests per minute
 */
export const checkHistory = (history: readonly Entry[], limit: number): Verdict => {
  const { stories, births } = readHistory(history, limit);
  const violations: Violation[] = [];
  const counts = { accepted: 0, afterTheEnd: 0, whilePaused: 0, afterTheLimit: 0, pausedAfterResume: 0 };
  let pausedAfterResumeMaxMs = 0;
  for (const use of history) {
    if (use.kind !== "used") continue;
    const story = stories.get(use.keyId) ?? { limit, changes: [] };
    const possible = possibleStates(story, births.get(use.secret), use);
    const rule = ruleOf(use, possible);
    if (rule !== null) violations.push({ rule, use, changes: story.changes });
    const isAlive = possible.life.has("alive");
    if (use.answer.code === "VALID") counts.accepted += 1;
    if (!isAlive) counts.afterTheEnd += 1;
    if (isAlive && !possible.paused.has(false)) counts.whilePaused += 1;
    if (isAlive && !possible.limit.has(limit)) counts.afterTheLimit += 1;
    const lateMs = sinceResumeMs(use, story);
    if (lateMs === null || !isAlive) continue;
    counts.pausedAfterResume += 1;
    pausedAfterResumeMaxMs = Math.max(pausedAfterResumeMaxMs, lateMs);
  }
  return { violations, promised: countPromised(history), ...counts, pausedAfterResumeMaxMs };
};
