import { type Backoff, formatName, halfJitter, type ObjectName, type Timers } from "@itsy/controller-runtime";

const BASE_MS = 500;
/** Of two who write over each other without end, each is heard so seldom at last. */
const MAX_MS = 300_000;
/** Who was left alone for this long beyond its last delay begins anew. */
const QUIET_MS = 60_000;

const SWEEP_SIZE_MIN = 100;

interface Wakes {
  count: number;
  quietAtMs: number;
}

/**
 * How long to wait before what somebody did to a Secret is undone: the first time not at all, then longer each time. Else
 * two controllers that want different labels on it would write as fast as the API server answers.
 */
export const createWakeBackoff = (deps: {
  readonly timers: Pick<Timers, "monotonicMs">;
  readonly random: () => number;
}): ((name: ObjectName) => number) => {
  const backoff: Backoff = halfJitter({ baseMs: BASE_MS, maxMs: MAX_MS, random: deps.random });
  const wakesByName = new Map<string, Wakes>();
  let sweepAtSize = SWEEP_SIZE_MIN;

  /** Seldom enough that thousands of Secrets deleted at once cost no pass each. */
  const forgetQuiet = (nowMs: number): void => {
    if (wakesByName.size < sweepAtSize) return;
    for (const [key, { quietAtMs }] of wakesByName) if (quietAtMs <= nowMs) wakesByName.delete(key);
    sweepAtSize = Math.max(SWEEP_SIZE_MIN, 2 * wakesByName.size);
  };

  return (name) => {
    const nowMs = deps.timers.monotonicMs();
    forgetQuiet(nowMs);
    const key = formatName(name);
    const before = wakesByName.get(key);
    const count = before === undefined || before.quietAtMs <= nowMs ? 0 : before.count;
    const delayMs = count === 0 ? 0 : backoff(count - 1);
    wakesByName.set(key, { count: count + 1, quietAtMs: nowMs + 2 * delayMs + QUIET_MS });
    return delayMs;
  };
};
