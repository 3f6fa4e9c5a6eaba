import { z } from "zod";

import { KeyId, Slug, Timestamp } from "./primitives.ts";
import { RefusalCode } from "./verification.ts";

const CountedRefusal = RefusalCode.exclude(["NOT_FOUND"]);

/** How a request of a known key was answered: accepted (`VALID`), or why not. What names no key is counted nowhere. */
export const UsageOutcome = z.enum(["VALID", ...CountedRefusal.options]);
export type UsageOutcome = z.infer<typeof UsageOutcome>;

/** The most points of a series: 31 days by hour, 366 by day. */
export const USAGE_POINTS_MAX = { hour: 31 * 24, day: 366 } as const;

export const UsageInput = z.strictObject({
  /** Of one key; without it, of the project; without that, of the workspace. */
  keyId: KeyId.optional(),
  /** With `keyId`: the project that it must be in. */
  project: Slug.optional(),
  /** Hours and days of UTC. */
  by: z.enum(["hour", "day"]).default("hour"),
  /** The step that holds this instant is the first. Left out: 24 hours, or 30 days, back. */
  from: Timestamp.optional(),
  /** The step before this instant is the last. Left out: the step that holds now. */
  to: Timestamp.optional(),
});
export type UsageInput = z.infer<typeof UsageInput>;

const amounts = {
  accepted: z.int(),
  /** What the accepted requests cost. */
  cost: z.int(),
  /** Refused requests by code; what did not happen is left out. */
  refused: z.partialRecord(CountedRefusal, z.int()),
};

/** Every step has a point, also one in which nothing happened. The last second is not in it yet. */
export const UsageSeries = z.object({
  by: z.enum(["hour", "day"]),
  from: Timestamp,
  to: Timestamp,
  points: z.array(z.object({ at: Timestamp, ...amounts })),
  total: z.object(amounts),
});
export type UsageSeries = z.infer<typeof UsageSeries>;
