import { createRateWindow, type RateDecision, type RateWindow, WINDOW_MS } from "./rate-window.ts";

export interface RateLimiter {
  /** Takes a request of the key, of this cost (1 unless told), if its limit allows it. */
  take(keyId: string, limit: number, cost?: number): RateDecision;
}

/**
 * A limiter in memory: exact for one process, as long as it lives. It starts with empty windows, so an installation
 * that keeps the promise when it is started anew takes the leased limiter with `soleDrawPolicy`.
 * Windows that nobody touched for a whole window are dropped, so memory follows the keys in use.
 */
export const createProcessRateLimiter = ({ monotonicMs }: { readonly monotonicMs: () => number }): RateLimiter => {
  // Two generations stand in for a timestamp and a timer on each window: what is not moved over in time is forgotten.
  let recent = new Map<string, RateWindow>();
  let older = new Map<string, RateWindow>();
  let turnedAtMs = Number.NEGATIVE_INFINITY;

  const windowOf = (keyId: string, nowMs: number): RateWindow => {
    if (nowMs - turnedAtMs > 2 * WINDOW_MS) {
      older = recent;
      recent = new Map();
      turnedAtMs = nowMs;
    }
    const found = recent.get(keyId);
    if (found !== undefined) return found;
    const window = older.get(keyId) ?? createRateWindow();
    older.delete(keyId);
    recent.set(keyId, window);
    return window;
  };

  return {
    take: (keyId, limit, cost) => {
      // Whole milliseconds: what is told of the window counts in them.
      const nowMs = Math.floor(monotonicMs());
      return windowOf(keyId, nowMs).take(limit, nowMs, cost);
    },
  };
};
