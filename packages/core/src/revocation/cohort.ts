import type { BarrierResult } from "./barrier-result.ts";
import { holdMs, type LeaseTerms, patienceMs } from "./lease-terms.ts";
import type { MonotonicMs, ReplicaRow, Timers } from "./ports.ts";

/** Changes that were committed before the same look at the replicas, and wait for the same ones. */
export interface Cohort {
  readonly changeIds: readonly string[];
  readonly isWaiting: boolean;
  add(changeIds: readonly string[]): void;
  /** Resolves when the cohort is over, or with what is true when there is nothing to wait for any longer. */
  wait(): Promise<BarrierResult>;
  /** Whether every replica has followed. The rows must have been asked for after the last `add`. */
  judge(rows: readonly ReplicaRow[]): boolean;
  finish(): void;
  stop(): void;
}

export interface CohortDeps {
  readonly terms: Pick<LeaseTerms, "leaseMs" | "graceMs" | "waitMaxMs">;
  readonly monotonicMs: MonotonicMs;
  readonly timers: Timers;
}

/**
 * A row seen with beat `b` may have got it by a look at the feed from before the change. Beat `b + 1` may come from one
 * that was under way. The look of beat `b + 2` read beat `b + 1`, so it began after the row was seen.
 */
const BEATS_NEEDED = 2;

const verdict = (
  awaited: ReadonlyMap<string, ReplicaRow> | null,
  waitedMs: number,
  terms: CohortDeps["terms"],
): BarrierResult | { readonly againInMs: number } => {
  const { waitMaxMs } = terms;
  const leasesMs = awaited === null ? [holdMs(terms)] : [...awaited.values()].map((row) => row.leaseMs);
  const overMs = Math.max(0, ...leasesMs.map(patienceMs));
  if (waitedMs < Math.min(overMs, waitMaxMs)) return { againInMs: Math.min(overMs, waitMaxMs) - waitedMs };
  // Unknown replicas may have any lease.
  if (awaited === null) return { effectiveEverywhere: false, waitedMs, reason: "DATABASE_UNREACHABLE" };
  if (waitedMs < overMs) return { effectiveEverywhere: false, waitedMs, reason: "LEASE_NOT_OVER" };
  return { effectiveEverywhere: true, waitedMs };
};

export const createCohort = ({ terms, monotonicMs, timers }: CohortDeps): Cohort => {
  const ids: string[] = [];
  const ends = new Set<(reason: "OVER" | "STOPPED") => void>();
  /** The replicas that have not followed; `null` until they were listed. */
  let awaited: Map<string, ReplicaRow> | null = null;

  const wait = () =>
    new Promise<BarrierResult>((resolve) => {
      const begunMs = monotonicMs();
      let cancel = () => {};
      const end = (result: BarrierResult): void => {
        cancel();
        ends.delete(told);
        resolve(result);
      };
      const told = (reason: "OVER" | "STOPPED"): void => {
        const waitedMs = monotonicMs() - begunMs;
        end(
          reason === "OVER"
            ? { effectiveEverywhere: true, waitedMs }
            : { effectiveEverywhere: false, waitedMs, reason },
        );
      };
      const check = (): void => {
        const now = verdict(awaited, monotonicMs() - begunMs, terms);
        if ("againInMs" in now) cancel = timers.after(now.againInMs, check);
        else end(now);
      };
      ends.add(told);
      check();
    });

  const tellAll = (reason: "OVER" | "STOPPED"): void => {
    for (const told of ends) told(reason);
  };

  return Object.freeze({
    changeIds: ids,
    get isWaiting() {
      return ends.size > 0;
    },
    add: (changeIds: readonly string[]) => {
      ids.push(...changeIds);
    },
    wait,
    judge: (rows: readonly ReplicaRow[]) => {
      awaited ??= new Map(rows.map((row) => [row.id, row]));
      const now = new Map(rows.map((row) => [row.id, row.beat]));
      for (const { id, beat } of awaited.values()) {
        const beatNow = now.get(id);
        if (beatNow === undefined || beatNow >= beat + BEATS_NEEDED) awaited.delete(id);
      }
      return awaited.size === 0;
    },
    finish: () => tellAll("OVER"),
    stop: () => tellAll("STOPPED"),
  });
};
