import { describe, expect, test } from "vitest";

import { createMemoryRateStore } from "../../test/rate-limit/memory-store.ts";
import { send } from "../../test/rate-limit/send.ts";
import type { DatabaseConditions } from "../../test/rate-limit/simulated-database.ts";
import { createStage, KEY } from "../../test/rate-limit/stage.ts";
import { sharedDrawPolicy } from "./draw-plan.ts";
import { createLeasedRateLimiter } from "./leased-limiter.ts";
import { RateLimitUnavailable } from "./ports.ts";

describe("a database that fails", () => {
  const failing = (fate: DatabaseConditions["fate"]) => createStage({ conditions: { fate } });

  test("a read that fails rejects those that wait, and the next request asks again", async () => {
    let fate: "lost" | "arrives" = "lost";
    const stage = failing(() => fate);
    await expect(stage.take(10)).rejects.toThrow(RateLimitUnavailable);
    fate = "arrives";
    expect(await stage.take(10)).toMatchObject({ accepted: true });
  });

  test("a draw whose answer is lost counts as spent", async () => {
    let lost = true;
    const stage = failing((statement) => (statement === "read" || !lost ? "arrives" : "answer lost"));
    await expect(stage.take(10, { cost: 4 })).rejects.toThrow(RateLimitUnavailable);
    lost = false;
    expect(await stage.take(10)).toMatchObject({ accepted: true, state: { remaining: 5 } });
  });

  test("an answer that comes too late to be spent is drawn again with more time, and given back", async () => {
    let travelMs = 150;
    const stage = createStage({ conditions: { travelMs: () => travelMs } });
    expect(await stage.take(10)).toMatchObject({ accepted: true, state: { remaining: 9 } });
    travelMs = 5000;
    await expect(stage.take(10, { cost: 9 })).rejects.toThrow(RateLimitUnavailable);
    travelMs = 5;
    await stage.pass(100);
    expect(await stage.take(10, { cost: 9 })).toMatchObject({ accepted: true });
  });

  test("permits in hand are spent without asking again and again for the next ones", async () => {
    let nowMs = 1_000_000;
    let away = false;
    let asked = 0;
    const memory = createMemoryRateStore(() => nowMs);
    const read = (keyId: string) => {
      asked += 1;
      return away ? Promise.reject(new Error("away")) : memory.read(keyId);
    };
    const store = { read, write: memory.write };
    const limiter = createLeasedRateLimiter({
      store,
      monotonicMs: () => nowMs,
      random: () => 0,
      schedule: () => () => {},
      policy: { ...sharedDrawPolicy, gatherMs: 0 },
    });
    const next = async () => {
      nowMs += 2;
      await limiter.take(KEY, 100_000);
      // The draw that this may have begun.
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let sent = 0; sent < 1000; sent++) await next();
    away = true;
    asked = 0;
    const spendAll = async () => {
      for (;;) await next();
    };
    await expect(spendAll()).rejects.toThrow(RateLimitUnavailable);
    expect(asked).toBe(2);
  });

  test("permits remembered are spent while the database is away, and no longer than their lease", async () => {
    let away = false;
    const stage = failing(() => (away ? "lost" : "arrives"));
    await send(stage, { times: 200, gapMs: 5, limit: 10_000 });
    away = true;
    expect(await send(stage, { times: 5, limit: 10_000 })).toBe(5);
    await stage.pass(1500);
    await expect(stage.take(10_000)).rejects.toThrow(RateLimitUnavailable);
  });
});
