import { afterAll, beforeAll, expect, test } from "vitest";

import { type Cluster, startCluster } from "./cluster.ts";
import { torture } from "./torture/torture.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

// The long form is `pnpm --filter @itsy/controller-runtime torture`.
test("behind a proxy that cuts, stalls, repeats and refuses by chance, the store ends equal to a fresh list", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const report = await torture(cluster, { seed, durationMs: 8_000 });
  const said = `seed ${seed}: ${JSON.stringify([...report.done])}`;
  expect(report.stored, said).toEqual(report.fresh);
  expect(report.told, said).toEqual(report.fresh);
  expect(report.unhandled, said).toEqual([]);
  expect([report.watchesWhileCalm, report.watchesAfterStop, report.requestsAfterStop], said).toEqual([1, 0, 0]);
  // It was a storm.
  expect(report.done.size, said).toBeGreaterThan(5);
}, 90_000);
