import { type PermitLease, spend, spendable } from "./permit-lease.ts";

/** The leases that a replica spends from, in the order in which they were drawn: that is how they end, too. */
export type LeasesInHand = readonly PermitLease[];

/** Permits that are not spent. */
export const permitsLeft = (leases: LeasesInHand): number => leases.reduce((total, { left }) => total + left, 0);

interface Spending {
  /** What is spent was drawn under this limit, or a lower one. */
  readonly limit: number;
  readonly cost: number;
}

/** Takes what a request costs from the leases that were drawn first, from several if it must; all of it, or nothing. */
export const spendFrom = (leases: LeasesInHand, { limit, cost }: Spending, nowMs: number): boolean => {
  // Nearly always enough, and asked for each request: without an iterator.
  const first = leases[0];
  if (first !== undefined && first.limit <= limit && spend(first, cost, nowMs)) return true;
  const spendableOf = (lease: PermitLease) => (lease.limit <= limit ? spendable(lease, nowMs) : 0);
  let owed = cost;
  for (const lease of leases) {
    if (owed > 0) owed -= spendableOf(lease);
  }
  if (owed > 0) return false;
  owed = cost;
  for (const lease of leases) {
    const permits = Math.min(owed, spendableOf(lease));
    if (permits > 0) spend(lease, permits, nowMs);
    owed -= permits;
  }
  return true;
};

/**
 * When they are to be settled, even if no request comes: with the end of the first one that is not all spent by then,
 * since others may need what is left, or of the last one. Infinity when there is nothing to settle.
 */
export const settleAtMs = (leases: LeasesInHand): number => {
  const last = leases.at(-1);
  const ends = leases.filter((lease) => lease.left > 0 || (lease === last && lease.ahead > 0));
  return Math.min(...ends.map(({ endsMs }) => endsMs));
};
