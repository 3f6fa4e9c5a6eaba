import { expect, test } from "vitest";

import { hunt } from "./hunt.ts";
import { brokenVariants } from "./variants.ts";

test("whatever happens to two reconcilers at once, the promises hold", { timeout: 600_000 }, async () => {
  const { violation, trace, seed } = await hunt({ runs: 1_500 });
  expect(violation, `seed ${seed}\n${trace.join("\n")}`).toBeNull();
});

test.each(brokenVariants)("a protocol that $name is caught", { timeout: 600_000 }, async (variant) => {
  const { violation, trace } = await hunt({ runs: 5_000, seed: 1 }, variant);
  expect(violation).not.toBeNull();
  // Short enough to be read.
  expect(trace.length).toBeLessThan(250);
});
