/** A verification that was answered. It was decided between the two instants, of one monotonic clock. */
export interface Judged {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly accepted: boolean;
}

const WINDOW_MS = 60_000;

/**
 * By how many requests the fullest window of 60 seconds exceeds the limit, counting those that were certainly accepted
 * in it. A fullest one can be moved so that it begins when a request was sent, so those are all that must be looked at.
 * No request may have taken as long as a window.
 */
export const overAdmission = (log: readonly Judged[], limit: number): number => {
  const accepted = log.filter((entry) => entry.accepted);
  const sent = accepted.map(({ sentMs }) => sentMs).toSorted((a, b) => a - b);
  const answered = accepted.map(({ answeredMs }) => answeredMs).toSorted((a, b) => a - b);
  let worst = 0;
  let answeredBefore = 0;
  for (const [sentBefore, beginMs] of sent.entries()) {
    while ((answered[answeredBefore] ?? Number.POSITIVE_INFINITY) < beginMs + WINDOW_MS) answeredBefore += 1;
    worst = Math.max(worst, answeredBefore - sentBefore - limit);
  }
  return worst;
};

/** How much longer than a window a request may count, while the database answers well within a second. */
const SLACK_MS = 1000;

/**
 * How many requests were refused although fewer than the limit can have been accepted in the window before, and a
 * little longer. Some may be, while other replicas hold permits for a key that is asked for more often than it may be;
 * none of a client that stays below its limit.
 */
export const wronglyRefused = (log: readonly Judged[], limit: number): number => {
  const accepted = log.filter((entry) => entry.accepted);
  const sent = accepted.map(({ sentMs }) => sentMs).toSorted((a, b) => a - b);
  const answered = accepted.map(({ answeredMs }) => answeredMs).toSorted((a, b) => a - b);
  const countBelow = (sorted: readonly number[], atMs: number) => {
    const first = sorted.findIndex((value) => value >= atMs);
    return first === -1 ? sorted.length : first;
  };
  return log.filter(
    (entry) =>
      !entry.accepted &&
      countBelow(sent, entry.answeredMs) - countBelow(answered, entry.sentMs - WINDOW_MS - SLACK_MS) < limit,
  ).length;
};

/** How many of the same requests a limiter that knows everything would have accepted, at the instants of their sending. */
export const idealAdmission = (log: readonly Judged[], limit: number): number => {
  const accepted: number[] = [];
  let left = 0;
  for (const sentMs of log.map((entry) => entry.sentMs).toSorted((a, b) => a - b)) {
    while ((accepted[left] ?? Number.POSITIVE_INFINITY) <= sentMs - WINDOW_MS) left += 1;
    if (accepted.length - left < limit) accepted.push(sentMs);
  }
  return accepted.length;
};
