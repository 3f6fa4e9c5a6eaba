import fc from "fast-check";
import { expect, test } from "vitest";

import { createRateWindow, WINDOW_MS } from "./rate-window.ts";

const gaps = fc.array(fc.nat({ max: 20_000 }), { minLength: 1, maxLength: 300 });
const limits = fc.integer({ min: 1, max: 30 });

/** Sends requests with the given gaps between them, from an odd instant; returns when each was accepted. */
const acceptedInstants = (limit: number, msGaps: readonly number[]): number[] => {
  const window = createRateWindow();
  let nowMs = 1_234_567;
  return msGaps.flatMap((gapMs) => {
    nowMs += gapMs;
    return window.take(limit, nowMs).accepted ? [nowMs] : [];
  });
};

test("in any 60 seconds, wherever they begin, at most the limit is accepted", () => {
  fc.assert(
    fc.property(limits, gaps, (limit, msGaps) => {
      const accepted = acceptedInstants(limit, msGaps);
      for (const begin of accepted) {
        expect(accepted.filter((at) => at >= begin && at < begin + WINDOW_MS).length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test("a refused request is told the truth: one millisecond before it is refused again, then accepted", () => {
  fc.assert(
    fc.property(limits, gaps, (limit, msGaps) => {
      const window = createRateWindow();
      let nowMs = 0;
      for (const gapMs of msGaps) {
        nowMs += gapMs;
        const decision = window.take(limit, nowMs);
        if (decision.accepted) continue;
        expect(window.take(limit, nowMs + decision.retryAfterMs - 1).accepted).toBe(false);
        nowMs += decision.retryAfterMs;
        expect(window.take(limit, nowMs).accepted).toBe(true);
      }
    }),
  );
});

test("a client that stays one second below its limit is never refused", () => {
  const window = createRateWindow();
  const everyMs = (WINDOW_MS + 1000) / 60;
  for (let sent = 0; sent < 1000; sent++) expect(window.take(60, sent * everyMs).accepted).toBe(true);
});

test("when no request comes, everything remains again after resetMs", () => {
  const window = createRateWindow();
  const first = window.take(5, 500);
  expect(first).toEqual({ accepted: true, state: { limit: 5, remaining: 4, resetMs: 60_500 } });
  expect(window.take(5, 500 + 60_500)).toMatchObject({ state: { remaining: 4 } });
});

test("a clock that steps back does not reopen the window", () => {
  const window = createRateWindow();
  expect(window.take(1, 100_000).accepted).toBe(true);
  expect(window.take(1, 10_000).accepted).toBe(false);
});

test("a lowered limit takes effect at once", () => {
  const window = createRateWindow();
  for (let sent = 0; sent < 5; sent++) window.take(10, 0);
  expect(window.take(3, 0).accepted).toBe(false);
});

test("a request takes what it costs, and a refused one nothing", () => {
  const window = createRateWindow();
  expect(window.take(10, 0, 6)).toMatchObject({ state: { remaining: 4 } });
  expect(window.take(10, 0, 5)).toEqual({
    accepted: false,
    retryAfterMs: 61_000,
    state: { limit: 10, remaining: 4, resetMs: 61_000 },
  });
  expect(window.take(10, 0, 11).accepted).toBe(false);
  expect(window.take(10, 0, 4)).toMatchObject({ state: { remaining: 0 } });
});
