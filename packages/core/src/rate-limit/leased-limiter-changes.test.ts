import { describe, expect, test } from "vitest";

import { send } from "../../test/rate-limit/send.ts";
import { createStage, KEY } from "../../test/rate-limit/stage.ts";

describe("several replicas", () => {
  // So much that a hot key draws ahead, and so little that it does so for a second only.
  const limit = 1200;

  test("permits that were drawn ahead and not spent are given back", async () => {
    const stage = createStage({ replicas: 2 });
    expect(await send(stage, { times: 40, gapMs: 10, limit })).toBe(40);
    await stage.pass(1500);
    expect(await send(stage, { times: limit, gapMs: 0, limit, replica: 1 })).toBe(limit - 40);
  });

  test("a drained replica gives everything back at once", async () => {
    const stage = createStage({ replicas: 2 });
    await send(stage, { times: 20, gapMs: 10, limit });
    await stage.heard(stage.replicas[0]?.limiter.drain());
    expect(await send(stage, { times: limit, gapMs: 0, limit, replica: 1 })).toBe(limit - 20);
  });

  test("a refusal is asked about again when permits may have come back", async () => {
    const stage = createStage({ replicas: 2 });
    await send(stage, { times: 40, gapMs: 10, limit });
    const spent = await send(stage, { times: limit - 40, gapMs: 0, limit, replica: 1 });
    expect(spent).toBeLessThan(limit - 40);
    expect(spent + (await send(stage, { times: 100, gapMs: 20, limit, replica: 1 }))).toBe(limit - 40);
  });
});

describe("a limit that is changed", () => {
  test("raised, it counts at once", async () => {
    const stage = createStage();
    await send(stage, { times: 5, limit: 3 });
    expect(await stage.take(10)).toMatchObject({ accepted: true });
  });

  test("raised, it counts for permits that are drawn before anybody waits", async () => {
    const stage = createStage();
    await send(stage, { times: 500, gapMs: 2, limit: 50_000 });
    await send(stage, { times: 2000, gapMs: 2, limit: 100_000 });
    expect(await stage.take(100_000)).toMatchObject({ state: { limit: 100_000 } });
  });

  test("lowered, it counts at once, also for permits that were drawn before", async () => {
    const stage = createStage();
    await send(stage, { times: 100, gapMs: 5, limit: 1000 });
    expect(await stage.take(50)).toMatchObject({ accepted: false });
  });

  test("after leases are dropped, a caller that believes in the old limit is held to the new one", async () => {
    let limit = 1000;
    const stage = createStage({ conditions: { limit: () => limit } });
    await send(stage, { times: 100, gapMs: 5, limit: 1000 });
    limit = 50;
    stage.replicas[0]?.limiter.dropLeases(KEY);
    expect(await send(stage, { times: 20, gapMs: 5, limit: 1000 })).toBe(0);
  });

  test("a draw that was under way when leases are dropped is not spent", async () => {
    for (const afterMs of [1, 7, 12, 17]) {
      let limit = 10;
      const stage = createStage({ conditions: { limit: () => limit } });
      const decision = stage.replicas[0]?.limiter.take(KEY, 10, 5);
      await stage.pass(afterMs);
      limit = 4;
      stage.replicas[0]?.limiter.dropLeases(KEY);
      expect(await stage.heard(decision)).toMatchObject({ accepted: false });
    }
  });
});

describe("permits that may be kept for so long only", () => {
  test("are not spent after that, whatever the policy and the database's answer time allow", async () => {
    let away = false;
    const conditions = { fate: () => (away ? ("lost" as const) : ("arrives" as const)), travelMs: () => 100 };
    for (const [lifeMaxMs, accepted] of [
      [10_000, true],
      [500, false],
    ] as const) {
      away = false;
      const stage = createStage({ conditions, lifeMaxMs });
      await send(stage, { times: 400, gapMs: 5, limit: 100_000 });
      away = true;
      await stage.pass(600);
      const decision = stage.take(100_000).then(
        (later) => later.accepted,
        () => false,
      );
      expect(await decision).toBe(accepted);
    }
  });
});
