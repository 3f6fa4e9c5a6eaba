import type { Timers } from "./ports.ts";

/** The waits of one loop, and whether it shall go on. */
export interface Pauses {
  readonly isEnded: boolean;
  /** Resolves after so many milliseconds, or with `end`. */
  pause(ms: number): Promise<void>;
  /** Ends the current pause, and every later one as it begins. */
  end(): void;
}

export const createPauses = (timers: Timers): Pauses => {
  let isEnded = false;
  let wake: (() => void) | null = null;
  return Object.freeze({
    get isEnded() {
      return isEnded;
    },
    pause: (ms: number) =>
      new Promise<void>((resolve) => {
        if (isEnded) return resolve();
        const cancel = timers.after(ms, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      }),
    end: () => {
      isEnded = true;
      wake?.();
    },
  });
};
