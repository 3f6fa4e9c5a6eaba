import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createStage } from "../../test/rate-limit/stage.ts";
import { sharedDrawPolicy, soleDrawPolicy } from "./draw-plan.ts";
import { type RateDecision, WINDOW_MS } from "./rate-decision.ts";

const policies = [
  ["replicas among others", sharedDrawPolicy],
  ["the only process", soleDrawPolicy],
] as const;

describe.each(policies)("what %s tells", (_, policy) => {
  test("of a first request is a window, and not how long permits drawn ahead could have been spent", async () => {
    for (const limit of [1, 60, 100_000]) {
      const { state } = await createStage({ policy }).take(limit);
      expect(state.remaining).toBe(limit - 1);
      expect(state.resetMs).toBeGreaterThanOrEqual(WINDOW_MS);
      expect(state.resetMs).toBeLessThanOrEqual(61_000);
    }
  });

  test("of a request of a hot key is no more", async () => {
    const stage = createStage({ policy });
    for (let sent = 0; sent < 500; sent++) {
      const { state } = await stage.heard(stage.replicas[0]?.limiter.take("key", 6000) ?? Promise.reject(new Error()));
      expect(state).toMatchObject({ limit: 6000, remaining: 6000 - sent - 1 });
      expect(state.resetMs).toBeGreaterThanOrEqual(WINDOW_MS);
      expect(state.resetMs).toBeLessThanOrEqual(61_000);
      await stage.pass(10);
    }
  });

  test("to one that is refused beside one that is served is when the served ones have left the window", async () => {
    const stage = createStage({ policy });
    const limiter = stage.replicas[0]?.limiter;
    const served = Array.from({ length: 20 }, () => limiter?.take("key", 1000, 20));
    const refused = await stage.heard(limiter?.take("key", 1000, 700));
    expect(await served.at(-1)).toMatchObject({ accepted: true, state: { remaining: 600 } });
    if (refused === undefined || refused.accepted) throw new Error("accepted more than the limit");
    expect(refused.retryAfterMs).toBeLessThanOrEqual(61_000);
    await stage.pass(refused.retryAfterMs);
    expect(await stage.take(1000, { cost: 700 })).toMatchObject({ accepted: true });
  });

  test("to one that is refused again is by what cheaper ones have spent since", async () => {
    const stage = createStage({ policy });
    await stage.take(100, { cost: 10 });
    await stage.pass(20_000);
    for (let sent = 0; sent < 70; sent++) await stage.take(100);
    expect(await stage.take(100, { cost: 25 })).toMatchObject({ accepted: false });
    for (let sent = 0; sent < 10; sent++) expect(await stage.take(100)).toMatchObject({ accepted: true });
    const refused = await stage.take(100, { cost: 25 });
    if (refused.accepted) throw new Error("accepted more than the limit");
    await stage.pass(refused.retryAfterMs);
    expect(await stage.take(100, { cost: 25 })).toMatchObject({ accepted: true });
  });
});

const request = fc.record({
  gapMs: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 20_000 })),
  /** In turns: what a dear request is refused, a cheap one may still spend. */
  costShares: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 3,
  }),
  times: fc.integer({ min: 1, max: 30 }),
});

const histories = fc.record({
  policy: fc.constantFrom(sharedDrawPolicy, soleDrawPolicy),
  limit: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 10, max: 2000 })),
  /** Of other replicas, before. */
  others: fc.array(fc.record({ replica: fc.integer({ min: 1, max: 2 }), request }), { maxLength: 4 }),
  own: fc.array(request, { minLength: 1, maxLength: 6 }),
  travelMs: fc.integer({ min: 1, max: 12 }),
  returnsTo: fc.nat({ max: 2 }),
  again: fc.constantFrom("the same", "the whole limit"),
});

test("who waits as long as told is accepted by any replica, and is told to wait a second or two too long at most", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ policy, limit, others, own, travelMs, returnsTo, again }) => {
      const replicas = policy === soleDrawPolicy ? 1 : 3;
      const stage = createStage({ replicas, policy, conditions: { travelMs: () => travelMs } });
      let acceptedAtMs = Number.NEGATIVE_INFINITY;
      const answers: { readonly cost: number; readonly decision: RateDecision }[] = [];
      const send = async ({ gapMs, costShares, times }: (typeof own)[number], replica: number) => {
        for (let sent = 0; sent < times; sent++) {
          const cost = Math.max(1, Math.round((costShares[sent % costShares.length] ?? 0) * limit));
          const decision = await stage.take(limit, { cost, replica });
          if (decision.accepted) acceptedAtMs = stage.time.nowMs();
          answers.push({ cost, decision });
          if (replica !== 0 || sent < times - 1) await stage.pass(gapMs);
        }
      };
      if (replicas > 1) for (const { replica, request } of others) await send(request, replica);
      for (const [index, request] of own.entries()) {
        await send(request, 0);
        if (index < own.length - 1) await stage.pass(request.gapMs);
      }
      const last = answers.at(-1);
      if (last === undefined) throw new Error("nothing was sent");
      const { resetMs } = last.decision.state;
      const truthMs = Math.max(0, acceptedAtMs + WINDOW_MS - stage.time.nowMs());
      expect(resetMs).toBeGreaterThanOrEqual(truthMs);
      // Other replicas hold what they drew ahead for two seconds at most.
      expect(resetMs - truthMs).toBeLessThanOrEqual(replicas === 1 ? 800 : 2550);
      const replica = Math.min(returnsTo, replicas - 1);
      if (again === "the same" && !last.decision.accepted) {
        await stage.pass(last.decision.retryAfterMs);
        expect(await stage.take(limit, { cost: last.cost, replica })).toMatchObject({ accepted: true });
      } else {
        await stage.pass(resetMs);
        const state = { limit, remaining: 0 };
        expect(await stage.take(limit, { cost: limit, replica })).toMatchObject({ accepted: true, state });
      }
    }),
    { numRuns: 1000 },
  );
}, 60_000);
