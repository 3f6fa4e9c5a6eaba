import { z } from "zod";

/**
 * Whether a change holds on every replica of the service at the moment of the answer. `true` is proven: no replica
 * accepts from now on what the change ended. `false` means committed and never lost, but not proven yet, with the reason;
 * each replica follows when it next looks, at the latest when its lease ends.
 *
 * | reason | |
 * |---|---|
 * | `DATABASE_UNREACHABLE` | the other replicas could not be asked for |
 * | `LEASE_NOT_OVER` | a replica is silent, and its lease is longer than a call waits |
 * | `STOPPED` | the process that answered is shutting down |
 */
export const Everywhere = z.object({
  effectiveEverywhere: z.boolean(),
  /** How long that took, in milliseconds since the commit. */
  waitedMs: z.int().min(0),
  reason: z.enum(["DATABASE_UNREACHABLE", "LEASE_NOT_OVER", "STOPPED"]).optional(),
});
export type Everywhere = z.infer<typeof Everywhere>;
