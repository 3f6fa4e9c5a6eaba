import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";

import { createRequestDurations } from "./request-durations.ts";

const name = "itsy_request_duration_seconds";
const help = "Time to answer a request, by door and by the code of the answer.";
const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];

const durationMs = fc.oneof(
  fc.double({ min: 0, max: 20_000, noNaN: true }),
  fc.constantFrom(...buckets.map((bound) => bound * 1000)),
);
const request = fc.record({
  door: fc.constantFrom("verify", "trpc"),
  code: fc.constantFrom("OK", "NOT_FOUND"),
  durationMs,
});

/** Sums of the same numbers may differ in their last digits. */
const lines = async (registry: Registry): Promise<readonly string[]> =>
  (await registry.metrics())
    .split("\n")
    .map((line) => (line.includes("_sum") ? line.replace(/\S+$/, (sum) => Number(sum).toPrecision(9)) : line))
    .sort();

test("is the text of prom-client's own histogram", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request), async (requests) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const histogram = new Histogram({ name, help, labelNames: ["door", "code"], buckets, registers: [theirs] });
      const add = createRequestDurations(ours);
      for (const { door, code, durationMs: ms } of requests) {
        add(door, code, ms);
        histogram.observe({ door, code }, ms / 1000);
      }
      expect(await lines(ours)).toEqual(await lines(theirs));
    }),
  );
});
