import { describe, expect, test } from "vitest";

import { createStage } from "../../test/rate-limit/stage.ts";

const spreads = [
  ["at the same instant", 0],
  ["a millisecond apart", 1],
  ["two milliseconds apart", 2],
  ["ten milliseconds apart", 10],
] as const;

describe.each([3, 9])("a client that sends its whole limit in one burst over %i replicas", (replicas) => {
  test.each(spreads)("%s is not refused, and the next request is", async (_, gapMs) => {
    for (const limit of [10, 60, 120]) {
      const stage = createStage({ replicas });
      const take = (replica: number) => {
        const { limiter } = stage.replicas[replica % replicas] ?? {};
        return Promise.resolve(limiter?.take("key", limit));
      };
      const sent = [];
      for (let request = 0; request < limit; request += 1) {
        sent.push(take(request));
        if (gapMs > 0) await stage.pass(gapMs);
      }
      const decisions = await stage.heard(Promise.all(sent));
      expect(decisions.filter((decision) => decision?.accepted !== true)).toEqual([]);
      expect(await stage.heard(take(0))).toMatchObject({ accepted: false });
    }
  });
});

test.each([1, 3, 9])(
  "a burst that begins as the one before it leaves the window hardly waits, with %i replicas",
  async (replicas) => {
    const limit = 60;
    const stage = createStage({ replicas });
    const burst = async () => {
      const sent = [];
      for (let request = 0; request < limit; request += 1) {
        const { limiter } = stage.replicas[request % replicas] ?? {};
        sent.push(Promise.resolve(limiter?.take("key", limit)));
        await stage.pass(2000 / limit);
      }
      const decisions = await stage.heard(Promise.all(sent));
      return decisions.filter((decision) => decision?.accepted === true).length;
    };
    expect(await burst()).toBe(limit);
    await stage.time.runUntil(60_000);
    // What counts a tenth of a second too long is three of 30 requests a second.
    expect(await burst()).toBeGreaterThanOrEqual(limit - 4);
  },
);
