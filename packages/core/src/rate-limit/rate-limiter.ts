import { createRateWindow, type RateDecision, type RateWindow, WINDOW_MS } from "./rate-window.ts";

export interface RateLimiter {
  /** Takes one request of the key if its limit allows it. */
  take(keyId: string, limit: number): RateDecision;
}

/**
 * The limiter of one process: exact where one process serves all requests of an installation.
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
    take: (keyId, limit) => {
      // Whole milliseconds: what is told of the window counts in them.
      const nowMs = Math.floor(monotonicMs());
      return windowOf(keyId, nowMs).take(limit, nowMs);
    },
  };
};
