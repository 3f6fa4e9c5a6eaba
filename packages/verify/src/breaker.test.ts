import { describe, expect, test, vi } from "vitest";

import { createBreaker } from "./breaker.ts";

const settings = { failureShare: 0.5, windowAttempts: 4, attemptsMin: 2, halfOpenAfterMs: 1000, probeLostAfterMs: 500 };

const start = () => {
  const clock = { nowMs: 0 };
  const breaker = createBreaker<"good" | "bad">({
    settings,
    monotonicMs: () => clock.nowMs,
    isFailure: (result) => result === "bad",
  });
  const answer = (result: "good" | "bad") => breaker.run(async () => result);
  return { clock, breaker, answer };
};

describe("breaker", () => {
  test("opens on the share of failures, probes once after the wait, and closes on a good probe", async () => {
    const { clock, breaker, answer } = start();
    expect([await answer("bad"), await answer("bad"), await answer("good")]).toEqual(["bad", "bad", null]);
    expect(breaker.waitMs()).toBe(1000);
    clock.nowMs = 999;
    expect(await answer("good")).toBeNull();
    clock.nowMs = 1000;
    expect(await answer("good")).toBe("good");
    expect(breaker.isClosed()).toBe(true);
    // What opened it is forgotten.
    expect([await answer("bad"), breaker.isClosed()]).toEqual(["bad", true]);
  });

  test("a bad probe opens it for another wait", async () => {
    const { clock, answer } = start();
    await answer("bad");
    await answer("bad");
    clock.nowMs = 1000;
    expect(await answer("bad")).toBe("bad");
    clock.nowMs = 1999;
    expect(await answer("good")).toBeNull();
    clock.nowMs = 2000;
    expect(await answer("good")).toBe("good");
  });

  test("while a probe is under way nobody else waits for it", async () => {
    const { clock, breaker, answer } = start();
    await answer("bad");
    await answer("bad");
    clock.nowMs = 1000;
    const { promise, resolve } = Promise.withResolvers<"good">();
    const probes: boolean[] = [];
    const probe = breaker.run((isProbe) => {
      probes.push(isProbe);
      return promise;
    });
    expect(await answer("good")).toBeNull();
    resolve("good");
    expect(await probe).toBe("good");
    expect(probes).toEqual([true]);
    expect(await answer("good")).toBe("good");
  });

  test("a probe that never ends does not keep it half open for ever", async () => {
    const { clock, breaker, answer } = start();
    await answer("bad");
    await answer("bad");
    clock.nowMs = 1000;
    void breaker.run(() => new Promise(() => {}));
    clock.nowMs = 1499;
    expect(await answer("good")).toBeNull();
    clock.nowMs = 1500;
    // The next one is the probe.
    expect(await answer("bad")).toBe("bad");
    expect(await answer("good")).toBeNull();
  });

  test("what comes back late decides nothing any more", async () => {
    const { clock, breaker, answer } = start();
    const late = Promise.withResolvers<"good" | "bad">();
    const slow = breaker.run(() => late.promise);
    await answer("bad");
    await answer("bad");
    clock.nowMs = 1000;
    const lost = Promise.withResolvers<"good" | "bad">();
    const probe = breaker.run(() => lost.promise);
    late.resolve("bad");
    expect([await slow, breaker.isClosed()]).toEqual(["bad", false]);
    clock.nowMs = 1500;
    expect(await answer("bad")).toBe("bad");
    lost.resolve("good");
    expect([await probe, breaker.isClosed(), breaker.waitMs()]).toEqual(["good", false, 1000]);
  });

  test("after a probe that threw, the next one is the probe", async () => {
    const { clock, breaker, answer } = start();
    await answer("bad");
    await answer("bad");
    clock.nowMs = 1000;
    await expect(breaker.run(() => Promise.reject(new Error("gave up")))).rejects.toThrow("gave up");
    expect(breaker.isClosed()).toBe(false);
    expect([await answer("good"), breaker.isClosed()]).toEqual(["good", true]);
  });

  test("what an attempt throws counts neither way", async () => {
    const { breaker, answer } = start();
    const gaveUp = new Error("gave up");
    for (let turn = 0; turn < 10; turn++) {
      await expect(breaker.run(() => Promise.reject(gaveUp))).rejects.toBe(gaveUp);
    }
    expect(await answer("bad")).toBe("bad");
    expect(breaker.isClosed()).toBe(true);
  });

  test("the wall clock plays no part", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { clock, answer } = start();
      await answer("bad");
      await answer("bad");
      vi.setSystemTime(Date.now() + 3_600_000);
      expect(await answer("good")).toBeNull();
      vi.setSystemTime(0);
      clock.nowMs = 1000;
      expect(await answer("good")).toBe("good");
    } finally {
      vi.useRealTimers();
    }
  });
});
