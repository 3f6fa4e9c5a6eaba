import type { Quota } from "@itsy/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { monthOf, percentReached } from "./quota.ts";
import type { OpenTake } from "./quota-account.ts";
import { createQuotaLedger, type QuotaLedger } from "./quota-ledger.ts";

const START_MS = Date.UTC(2027, 0, 31, 23, 59);
const block = (perMonth: number): Quota => ({ perMonth, mode: "block" });
const stateOf = (quota: Quota | null, cost: number) => ({
  workspaceId: "ws_1",
  workspace: "acme",
  quota,
  cost,
  toldPercent: 0,
});

const opened = (quota: Quota | null, cost = 0) => {
  const stale: number[] = [];
  const ledger = createQuotaLedger({ onStale: () => stale.push(1) });
  ledger.learn([stateOf(quota, cost)], new Date(START_MS));
  return { ledger, stale, take: (cost = 1, nowMs = START_MS) => ledger.take("ws_1", { cost, nowMs }) };
};

describe("what one process takes", () => {
  test("is never more than the quota, whenever batches are written and looks are taken", () => {
    const step = fc.constantFrom("take", "take", "take", "refuse", "write", "learn");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (steps, perMonth) => {
        const { ledger, take } = opened(block(perMonth));
        const month = monthOf(new Date(START_MS));
        let accepted = 0;
        let unwritten = 0;
        let stored = 0;
        for (const one of steps) {
          if (one === "take" && take() === null) {
            accepted += 1;
            unwritten += 1;
          }
          if (one === "refuse" && take() === null) ledger.giveBack("ws_1", { cost: 1, nowMs: START_MS });
          if (one === "write") {
            stored += unwritten;
            ledger.written([{ workspaceId: "ws_1", month, cost: unwritten }]);
            unwritten = 0;
          }
          // Looked at only when no batch is under way: what is stored is what was written.
          if (one === "learn") ledger.learn([stateOf(block(perMonth), stored)], new Date(START_MS));
        }
        expect(accepted).toBeLessThanOrEqual(perMonth);
        // Nor less: after everything, what is left can be taken.
        while (accepted < perMonth) {
          expect(take()).toBeNull();
          accepted += 1;
        }
        expect(take()).not.toBeNull();
      }),
    );
  });

  test("is refused by what was accepted only, in whatever order requests come and are judged", async () => {
    const step = fc.record({ cost: fc.integer({ min: 1, max: 6 }), judges: fc.nat({ max: 5 }), accepts: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (steps, perMonth) => {
        const { ledger } = opened(block(perMonth));
        const open: { readonly cost: number; readonly close: OpenTake }[] = [];
        let acceptedCost = 0;
        let unanswered = 0;
        const note = (cost: number, taken: number | OpenTake) => {
          if (typeof taken === "number") expect(acceptedCost + cost).toBeGreaterThan(perMonth);
          else open.push({ cost, close: taken });
        };
        const judge = (accepts: boolean) => {
          const first = open.shift();
          if (accepts) acceptedCost += first?.cost ?? 0;
          first?.close(accepts);
        };
        const turn = () => new Promise((resolve) => setImmediate(resolve));
        for (const { cost, judges, accepts } of steps) {
          const request = { cost, nowMs: START_MS };
          const taken = ledger.take("ws_1", request);
          if (taken instanceof Promise) {
            unanswered += 1;
            void taken.then((later) => {
              unanswered -= 1;
              note(cost, later);
            });
          } else note(cost, taken ?? ledger.leaveOpen("ws_1", request));
          for (let judged = 0; judged < judges; judged += 1) judge(accepts);
          await turn();
        }
        while (open.length > 0) {
          judge(false);
          await turn();
        }
        expect(unanswered).toBe(0);
        expect(acceptedCost).toBeLessThanOrEqual(perMonth);
      }),
    );
  });

  test("in the month before, while the next one has begun, is judged by the month before", async () => {
    const { ledger, take } = opened(block(1));
    const request = { cost: 1, nowMs: START_MS };
    expect(take()).toBeNull();
    const close = ledger.leaveOpen("ws_1", request);
    const waiting = take();
    expect(take(1, START_MS + 60_000)).toBeNull();
    close(true);
    expect(await waiting).toBe(60_000);
    expect(take(1, START_MS + 60_000)).not.toBeNull();
  });

  test("what others took counts from the next look on, and a raised quota, too", () => {
    const { ledger, take } = opened(block(10));
    expect(take()).toBeNull();
    ledger.learn([stateOf(block(10), 10)], new Date(START_MS));
    expect(take()).toBe(60_000);
    ledger.learn([stateOf(block(20), 10)], new Date(START_MS));
    expect(take()).toBeNull();
  });

  test("the next month begins with nothing, and what is written late counts for the month before", () => {
    const { ledger, take } = opened(block(2));
    expect([take(), take(), take()]).toEqual([null, null, 60_000]);
    const nextMs = START_MS + 60_000;
    expect(take(1, nextMs)).toBeNull();
    ledger.written([{ workspaceId: "ws_1", month: monthOf(new Date(START_MS)), cost: 2 }]);
    ledger.learn([stateOf(block(2), 0)], new Date(nextMs));
    expect(take(1, nextMs)).toBeNull();
    expect(take(1, nextMs)).toBe(28 * 24 * 60 * 60 * 1000);
  });

  test("is refused for the month only by what is known of now: an old refusal may be undone by the next look", () => {
    const now = opened(block(1), 1);
    expect([now.take(), now.stale.length]).toEqual([60_000, 0]);
    const { ledger, stale, take } = opened(block(1), 1);
    const laterMs = START_MS + 10_000;
    expect([take(1, laterMs), stale.length]).toEqual([2000, 1]);
    expect(take(1, START_MS + 59_500)).toBe(500);
    ledger.learn([stateOf(block(2), 1)], new Date(laterMs));
    expect([take(1, laterMs), take(1, laterMs)]).toEqual([null, 50_000]);
  });

  test.each([1, 3, 9])(
    "is told of the month's end when it comes back as it was told, to %i replicas in turn",
    (count) => {
      const beginMs = Date.UTC(2027, 0, 2);
      const lookAll = (replicas: readonly QuotaLedger[], nowMs: number) => {
        for (const ledger of replicas) {
          if (ledger.wanted().length > 0) ledger.learn([stateOf(block(1), 1)], new Date(nowMs));
        }
      };
      const replicas = Array.from({ length: count }, () => opened(block(1), 1).ledger);
      const told: unknown[] = [];
      let atMs = beginMs;
      for (let nowMs = beginMs; nowMs <= beginMs + 120_000; nowMs += 50) {
        if (nowMs % 1000 === 500) lookAll(replicas, nowMs);
        if (nowMs < atMs) continue;
        const waitMs = replicas[told.length % count]?.take("ws_1", { cost: 1, nowMs });
        told.push(waitMs);
        // Nobody comes back to the millisecond.
        atMs = nowMs + Number(waitMs) + 600;
      }
      expect(told).toEqual([...Array.from({ length: count }, () => 2000), expect.any(Number)]);
      expect(told.at(-1)).toBeGreaterThan(2000);
      // Once it keeps away, nobody looks for it any more.
      expect(replicas.flatMap((ledger) => ledger.wanted())).toEqual([]);
    },
  );
});

test("an unknown workspace is let through and looked up once, a known one again when what is known is old", () => {
  const stale: number[] = [];
  const ledger = createQuotaLedger({ onStale: () => stale.push(1) });
  const take = (nowMs: number) => ledger.take("ws_1", { cost: 1, nowMs });
  expect([take(START_MS), take(START_MS + 1), stale.length]).toEqual([null, null, 1]);
  expect(ledger.wanted()).toEqual(["ws_1"]);
  const written = (cost: number) => ledger.written([{ workspaceId: "ws_1", month: monthOf(new Date(START_MS)), cost }]);
  written(2);
  ledger.learn([stateOf(null, 2)], new Date(START_MS));
  expect(ledger.wanted()).toEqual([]);
  void take(START_MS + 100);
  expect([ledger.wanted(), stale.length]).toEqual([["ws_1"], 1]);
  written(1);
  ledger.learn([stateOf(null, 3)], new Date(START_MS));
  void take(START_MS + 5000);
  expect(stale.length).toBe(2);
});

test("a blocking quota is known however long nobody uses its workspace, also in the months that follow", () => {
  const { ledger, take } = opened(block(1));
  /** Takes the same day's whole quota, after a look that finds the workspace idle. */
  const takenOn = (nowMs: number) => {
    ledger.learn([{ ...stateOf(null, 0), workspaceId: "ws_2" }], new Date(nowMs));
    const taken = [take(1, nowMs), take(1, nowMs)];
    ledger.written([{ workspaceId: "ws_1", month: monthOf(new Date(nowMs)), cost: 1 }]);
    return taken;
  };
  const dayMs = 24 * 60 * 60 * 1000;
  for (const month of [2, 3, 9]) {
    const nowMs = Date.UTC(2027, month);
    expect(takenOn(nowMs)).toEqual([null, expect.any(Number)]);
    expect(takenOn(nowMs + dayMs)).toEqual([expect.any(Number), expect.any(Number)]);
  }
});

test("a workspace is looked at until all that it took is written", () => {
  const { ledger, take } = opened(block(10));
  const month = monthOf(new Date(START_MS));
  void take();
  ledger.learn([stateOf(block(10), 0)], new Date(START_MS));
  expect(ledger.wanted()).toEqual(["ws_1"]);
  ledger.written([{ workspaceId: "ws_1", month, cost: 1 }]);
  ledger.learn([stateOf(block(10), 1)], new Date(START_MS));
  expect(ledger.wanted()).toEqual([]);
});

test.each([
  [79, null],
  [80, 80],
  [99, 80],
  [100, 100],
  [250, 100],
])("%i of 100 used has reached %s", (used, percent) => {
  expect(percentReached({ perMonth: 100, mode: "notify" }, used)).toBe(percent);
});
