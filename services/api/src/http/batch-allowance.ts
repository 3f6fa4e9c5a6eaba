const WINDOW_MS = 60_000;

/** Whether one more batch of somebody's may come, and counts it. */
export type AllowBatch = (
  who: string,
) => { readonly allowed: true } | { readonly allowed: false; readonly inMs: number };

/** At most so many batches of each in any minute, in this process. The names come from the settings: they are few. */
export const createBatchAllowance = (perMinute: number, monotonicMs: () => number): AllowBatch => {
  const taken = new Map<string, number[]>();
  return (who) => {
    const nowMs = monotonicMs();
    const recent = (taken.get(who) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS);
    taken.set(who, recent);
    const [first] = recent;
    if (first !== undefined && recent.length >= perMinute) return { allowed: false, inMs: first + WINDOW_MS - nowMs };
    recent.push(nowMs);
    return { allowed: true };
  };
};
