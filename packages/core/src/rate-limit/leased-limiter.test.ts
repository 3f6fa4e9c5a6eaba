import { describe, expect, test } from "vitest";

import { createMemoryRateStore } from "../../test/rate-limit/memory-store.ts";
import { send } from "../../test/rate-limit/send.ts";
import { createStage, KEY } from "../../test/rate-limit/stage.ts";
import { soleDrawPolicy } from "./draw-plan.ts";
import { createLeasedRateLimiter } from "./leased-limiter.ts";
import type { RateLimitStore } from "./ports.ts";

describe("one replica", () => {
  test("a request beyond the limit is told when it can be accepted, and is accepted then", async () => {
    const stage = createStage();
    expect(await send(stage, { times: 3, gapMs: 1000, limit: 3 })).toBe(3);
    const refused = await stage.take(3);
    expect(refused.accepted).toBe(false);
    if (refused.accepted) return;
    expect(refused.retryAfterMs).toBeGreaterThan(56_800);
    expect(refused.retryAfterMs).toBeLessThan(57_400);
    await stage.pass(refused.retryAfterMs);
    expect(await stage.take(3)).toMatchObject({ accepted: true });
    expect(await stage.take(3)).toMatchObject({ accepted: false });
  });

  test("what a client is told holds when it keeps quiet until then, and the replica forgets its key", async () => {
    const stage = createStage();
    await send(stage, { times: 300, gapMs: 3, limit: 200 });
    const refused = await stage.take(200);
    if (refused.accepted) throw new Error("accepted more than the limit");
    for (let waitedMs = 0; waitedMs < refused.retryAfterMs; waitedMs += 1000) {
      await stage.pass(Math.min(1000, refused.retryAfterMs - waitedMs));
      await stage.heard(stage.replicas[0]?.limiter.take("another key", 1000));
    }
    expect(await stage.take(200)).toMatchObject({ accepted: true });
  });

  test("a hammering client costs no call of the database until the window admits again", async () => {
    const stage = createStage();
    await send(stage, { times: 60, limit: 60 });
    await stage.take(60);
    const before = stage.calls();
    expect(await send(stage, { times: 5000, gapMs: 10, limit: 60 })).toBe(0);
    expect(stage.calls() - before).toBeLessThanOrEqual(2);
  });

  test("a hot key costs a handful of calls a second", async () => {
    const stage = createStage();
    await send(stage, { times: 2000, gapMs: 1, limit: 1_000_000 });
    const before = stage.calls();
    expect(await send(stage, { times: 5000, gapMs: 1, limit: 1_000_000 })).toBe(5000);
    expect((stage.calls() - before) / 5).toBeLessThan(8);
  });

  test("the requests of a hot key do not wait for its draws", async () => {
    const stage = createStage();
    await send(stage, { times: 500, gapMs: 2, limit: 1_000_000 });
    let waited = 0;
    for (let sent = 0; sent < 2000; sent++) {
      if (stage.replicas[0]?.limiter.take(KEY, 1_000_000) instanceof Promise) waited += 1;
      await stage.pass(2);
    }
    expect(waited).toBeLessThan(20);
  });

  test("a hot key gets all of its limit: no permit lies idle when the next ones are drawn before the last are spent", async () => {
    for (const gapMs of [1, 2, 3, 5]) {
      const stage = createStage();
      expect(await send(stage, { times: 1000, gapMs, limit: 700 })).toBe(700);
    }
  });

  test("requests that come during a draw wait for it, and are answered in their order", async () => {
    const stage = createStage();
    const answers: string[] = [];
    for (let sent = 0; sent < 5; sent++) {
      void Promise.resolve(stage.replicas[0]?.limiter.take(KEY, 3)).then((decision) => {
        answers.push(`${sent} ${decision?.accepted === true ? "accepted" : "refused"}`);
      });
      await stage.pass(3);
    }
    await stage.pass(100);
    expect(answers).toEqual(["0 accepted", "1 accepted", "2 accepted", "3 refused", "4 refused"]);
    expect(stage.calls()).toBeLessThanOrEqual(4);
  });

  test("no request is forgotten, at whatever moment of a draw it comes", async () => {
    const store = createMemoryRateStore(() => 1_000_000);
    const limiter = createLeasedRateLimiter({ store, monotonicMs: () => 0, random: () => 0, schedule: () => () => {} });
    for (let turns = 0; turns < 30; turns++) {
      const first = limiter.take(KEY, 1000, 5);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      expect(await limiter.take(KEY, 1000, 5)).toMatchObject({ accepted: true });
      expect(await first).toMatchObject({ accepted: true });
    }
  });

  test("the state tells what remains, and when everything remains again", async () => {
    const stage = createStage();
    const first = await stage.take(10, { cost: 4 });
    expect(first).toMatchObject({ accepted: true, state: { limit: 10, remaining: 6 } });
    if (!first.accepted) return;
    expect(first.state.resetMs).toBeGreaterThan(60_000);
    expect(first.state.resetMs).toBeLessThan(61_000);
    await stage.pass(first.state.resetMs);
    expect(await stage.take(10)).toMatchObject({ state: { remaining: 9 } });
  });

  test("a refused request consumes nothing", async () => {
    const stage = createStage();
    await stage.take(10, { cost: 4 });
    for (let sent = 0; sent < 5; sent++) expect(await stage.take(10, { cost: 7 })).toMatchObject({ accepted: false });
    expect(await stage.take(10, { cost: 6 })).toMatchObject({ accepted: true });
  });

  test("a cost above the limit is refused, takes nothing, and costs a call a second at most", async () => {
    const stage = createStage();
    await stage.take(10, { cost: 3 });
    const before = stage.calls();
    for (let sent = 0; sent < 50; sent++) {
      expect(await stage.take(10, { cost: 11 })).toMatchObject({
        accepted: false,
        retryAfterMs: 60_000,
        state: { limit: 10, remaining: 7 },
      });
      await stage.pass(40);
    }
    expect(stage.calls() - before).toBeLessThanOrEqual(4);
    expect(await stage.take(10, { cost: 7 })).toMatchObject({ accepted: true, state: { remaining: 0 } });
  });

  test("a refusal tells what remains, and when everything remains again, as time passes", async () => {
    const stage = createStage();
    await stage.take(10, { cost: 4 });
    await stage.pass(20_000);
    await stage.take(10, { cost: 4 });
    const refused = async () => {
      const decision = await stage.take(10, { cost: 9 });
      if (decision.accepted) throw new Error("accepted more than the limit");
      return decision;
    };
    const first = await refused();
    expect(first.state).toMatchObject({ limit: 10, remaining: 2 });
    expect(Math.abs(first.state.resetMs - 60_200)).toBeLessThan(400);
    expect(await stage.take(10, { cost: 2 })).toMatchObject({ accepted: true, state: { remaining: 0 } });
    expect((await refused()).state.remaining).toBe(0);
    // The first four have left the window, and nobody asked since.
    await stage.pass(40_800);
    const later = await refused();
    expect(later.state.remaining).toBe(4);
    await stage.pass(later.state.resetMs);
    expect(await stage.take(10, { cost: 10 })).toMatchObject({ accepted: true, state: { remaining: 0 } });
  });

  test("a remembered refusal tells what left the window since, without a call", async () => {
    const stage = createStage();
    for (let sent = 0; sent < 10; sent++) {
      await stage.take(10);
      await stage.pass(2000);
    }
    expect(await stage.take(10, { cost: 9 })).toMatchObject({ accepted: false, state: { remaining: 0 } });
    const before = stage.calls();
    await stage.pass(45_000);
    expect(await stage.take(10, { cost: 9 })).toMatchObject({ accepted: false, state: { remaining: 3 } });
    expect(stage.calls()).toBe(before);
  });

  test("the only process of an installation goes on counting after it was killed", async () => {
    const stage = createStage({ replicas: 2, policy: soleDrawPolicy });
    await send(stage, { times: 60, gapMs: 5, limit: 60 });
    stage.replicas[0]?.kill();
    expect(await send(stage, { times: 10, gapMs: 1000, limit: 60, replica: 1 })).toBe(0);
  });
});

test("draining many keys gives all of them back, and asks for a few at a time", async () => {
  let underWay = 0;
  let most = 0;
  const counting = <Answer>(call: Promise<Answer>) => {
    underWay += 1;
    most = Math.max(most, underWay);
    return call.finally(() => {
      underWay -= 1;
    });
  };
  const store = createMemoryRateStore(() => 1_800_000_000_000);
  const slowly: RateLimitStore = {
    read: (keyId) => counting(new Promise((resolve) => setImmediate(resolve)).then(() => store.read(keyId))),
    write: (change) => counting(store.write(change)),
  };
  const schedule = () => () => undefined;
  const deps = { store: slowly, monotonicMs: () => 0, random: () => 0, schedule, policy: soleDrawPolicy };
  const limiter = createLeasedRateLimiter(deps);
  const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
  for (const key of keys) await limiter.take(key, 160);
  most = 0;
  await limiter.drain();
  expect(most).toBeLessThanOrEqual(16);
  const next = createLeasedRateLimiter(deps);
  for (const key of keys) expect(await next.take(key, 160)).toMatchObject({ state: { remaining: 158 } });
});
