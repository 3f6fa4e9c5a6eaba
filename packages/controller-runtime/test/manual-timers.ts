import type { Timers } from "../src/timers.ts";

export interface ManualTimers extends Timers {
  /** Lets this much time pass, running what becomes due in order, and everything that follows from it. */
  advance(ms: number): Promise<void>;
  /** Timers that are set. */
  readonly pending: number;
}

/** Lets all promises and I/O callbacks that are ready run. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

export const createManualTimers = (): ManualTimers => {
  const timers = new Map<number, { readonly dueMs: number; readonly run: () => void }>();
  let nowMs = 1_000;
  let nextId = 0;

  const firstDue = (untilMs: number): number | undefined =>
    [...timers]
      .filter(([, timer]) => timer.dueMs <= untilMs)
      .sort(([idA, a], [idB, b]) => a.dueMs - b.dueMs || idA - idB)[0]?.[0];

  return {
    get pending() {
      return timers.size;
    },
    monotonicMs: () => nowMs,
    setTimeout: (run, delayMs) => {
      const id = nextId++;
      timers.set(id, { dueMs: nowMs + Math.max(0, delayMs), run });
      return () => void timers.delete(id);
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      await settle();
      for (let id = firstDue(untilMs); id !== undefined; id = firstDue(untilMs)) {
        const timer = timers.get(id);
        timers.delete(id);
        nowMs = Math.max(nowMs, timer?.dueMs ?? nowMs);
        timer?.run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
};
