import { expect, test } from "vitest";

import { createLeasedRateLimiter } from "../../src/index.ts";
import { brokenVariants, loadBrokenVariant } from "./broken-variants.ts";
import { simulate } from "./simulate.ts";

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

// The judge is worth something only if it sees what a small mistake does, where the right limiter does nothing wrong.
test.each(brokenVariants.map((variant) => [variant.name, variant] as const))("is caught: %s", async (_, variant) => {
  await using broken = await loadBrokenVariant(variant);
  let caughtBy: number | null = null;
  for (const seed of SEEDS) {
    const scenario = { seed, ...variant.scenario };
    expect((await simulate(scenario, createLeasedRateLimiter)).over).toBe(0);
    if ((await simulate(scenario, broken.createLimiter)).over > 0) {
      caughtBy = seed;
      break;
    }
  }
  expect(caughtBy).not.toBeNull();
});
