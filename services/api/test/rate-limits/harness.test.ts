import { startMysql } from "@itsy/testbed";
import { expect, test } from "vitest";

import { runRateLimits } from "./run.ts";
import type { Stream } from "./streams.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** Only the share that many requests make up can be asked for in so short a time. */
const UNDER_MAX = 0.1;

const streams: readonly Stream[] = [
  { limit: 1, traffic: "above" },
  { limit: 10, traffic: "above" },
  { limit: 600, traffic: "below" },
  { limit: 600, traffic: "bursts" },
  { limit: 600, traffic: "one hot" },
];

/** The short form of `pnpm --filter @itsy/api rate-limits`. */
test("three replicas that come and go accept what one limit allows, and hardly less", async () => {
  await using server = await startMysql();
  const rows = await runRateLimits(server, {
    seed: SEED,
    replicas: 3,
    streams,
    durationMs: 12_000,
    churnEveryMs: 3000,
  });
  for (const row of rows) {
    const seen = `seed ${SEED}: ${JSON.stringify(row)}`;
    expect(row.over, seen).toBe(0);
    expect(row.accepted, seen).toBeGreaterThan(0);
    if (row.traffic === "below") expect(row.wronglyRefused, seen).toBe(0);
    // A killed replica's last permits are lost, which in a short run of a small limit is much of it.
    if (row.traffic === "one hot") expect(row.under, seen).toBeLessThanOrEqual(UNDER_MAX);
  }
}, 180_000);
