/**
 * Whether a change holds on every replica. `waitedMs` counts from the commit.
 *
 * `false` never means that the change is undone, nor that some replica will miss it: it is committed, and each replica
 * follows when it next reads the feed or, at the latest, when its lease runs out.
 *
 * | reason | |
 * |---|---|
 * | `DATABASE_UNREACHABLE` | for a whole lease since the commit, the database did not say which replicas there are |
 * | `LEASE_NOT_OVER` | a replica does not answer, and its lease is longer than `waitMaxMs` |
 * | `STOPPED` | this process is shutting down |
 */
export type BarrierResult =
  | { readonly effectiveEverywhere: true; readonly waitedMs: number }
  | {
      readonly effectiveEverywhere: false;
      readonly waitedMs: number;
      readonly reason: "DATABASE_UNREACHABLE" | "LEASE_NOT_OVER" | "STOPPED";
    };
