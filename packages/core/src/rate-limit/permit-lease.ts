import { type SlotStep, slotEndMs, slotOfSpend, slotStepFor } from "./count-slot.ts";
import { addCounts, type RateCount, type RateRow } from "./rate-row.ts";

/** How a lease was drawn. */
export interface LeaseTerms {
  /** The limit under which it was drawn. */
  readonly limit: number;
  /** Permits for requests that were waiting. */
  readonly needed: number;
  /** Permits for requests that are expected. */
  readonly ahead: number;
  /** The replica's monotonic clock before the draw's read was sent. */
  readonly sentMs: number;
  /** How long after `sentMs` permits may be spent. */
  readonly lifeMs: number;
  /** The row as of the draw's read. */
  readonly row: RateRow;
}

/** Permits in the hands of one replica. They count in the row until `slot`, whether they are spent or not. */
export interface PermitLease extends Omit<LeaseTerms, "row"> {
  /** The row's era, and the database's clock, at the draw. */
  readonly era: number;
  readonly databaseMs: number;
  readonly slotStep: SlotStep;
  readonly slot: number;
  /** Permits may be spent before this instant of the replica's monotonic clock. */
  readonly endsMs: number;
  left: number;
  /** Permits spent, by the slot until which they must count; ascending. */
  readonly spends: { readonly slot: number; permits: number }[];
}

/**
 * The replica counts the lease's life from before it asked for the database's clock, and the row from that clock: on
 * the database's clock every spend comes before the end that the row counts from, whatever the two clocks show, however
 * long the answer travelled, and however long the replica was stopped.
 */
export const createPermitLease = ({ row, limit, needed, ahead, sentMs, lifeMs }: LeaseTerms): PermitLease => {
  const slotStep = slotStepFor(row.counts.length, limit, lifeMs);
  return {
    limit,
    needed,
    ahead,
    sentMs,
    lifeMs,
    era: row.era,
    databaseMs: row.clockMs,
    slotStep,
    slot: slotOfSpend(row.clockMs + lifeMs, slotStep),
    endsMs: sentMs + lifeMs,
    left: needed + ahead,
    spends: [],
  };
};

/** What the row counts for the lease while it is out. */
export const leaseCount = ({ slot, needed, ahead }: PermitLease): RateCount => ({ slot, spent: needed, held: ahead });

/** The row without what it counts for the lease, which must be of its era. */
export const withoutLease = (row: RateRow, lease: PermitLease): RateRow => {
  const { slot, spent, held } = leaseCount(lease);
  return addCounts(row, [{ slot, spent: -spent, held: -held }]);
};

/** Permits that the lease has, unless it has ended. */
export const spendable = (lease: PermitLease, nowMs: number): number => (nowMs >= lease.endsMs ? 0 : lease.left);

/** By the latest that the database's clock can show now: it showed `databaseMs` after the read was sent. */
const slotOfSpendNow = ({ databaseMs, sentMs, slotStep }: PermitLease, nowMs: number): number =>
  slotOfSpend(databaseMs + nowMs - sentMs, slotStep);

/** Spends permits of the lease if it has them and has not ended. */
export const spend = (lease: PermitLease, cost: number, nowMs: number): boolean => {
  if (spendable(lease, nowMs) < cost) return false;
  lease.left -= cost;
  const slot = slotOfSpendNow(lease, nowMs);
  const last = lease.spends[lease.spends.length - 1];
  if (last?.slot === slot) last.permits += cost;
  else lease.spends.push({ slot, permits: cost });
  return true;
};

/**
 * The row after a lease from which nothing will be spent any more: what was not spent no longer counts, what was spent
 * counts from when it was. To be written once: a second time would give back permits of others.
 */
export const settleLease = (row: RateRow, lease: PermitLease): RateRow => {
  // Renumbered slots, or all of it has left the window: nothing to give back.
  if (row.era !== lease.era || slotEndMs(lease.slot) <= row.clockMs) return row;
  const drawn = leaseCount(lease);
  const changes = [{ slot: lease.slot, spent: -drawn.spent, held: -drawn.held }];
  for (const { slot, permits } of lease.spends) {
    if (slotEndMs(slot) > row.clockMs) changes.push({ slot, spent: permits, held: 0 });
  }
  const settled = addCounts(row, changes);
  // Permits that the row does not have: somebody wrote what no replica writes. They go on counting.
  return settled.counts.some((count) => count.spent < 0 || count.held < 0) ? row : settled;
};

/**
 * Permits of the lease that are spent, and the slot until which they count if no request comes: a lease that was drawn
 * ahead is settled when it ends, and one that was drawn for requests that waited counts as it was drawn.
 */
export const spentCount = ({ needed, ahead, left, slot, spends }: PermitLease): Omit<RateCount, "held"> => ({
  slot: ahead > 0 ? (spends.at(-1)?.slot ?? 0) : slot,
  spent: needed + ahead - left,
});

/**
 * Whether a write of its own follows when nothing is spent of the lease any more. A lease that was drawn for requests
 * that waited, and is all spent, is settled only with the replica's next write: other replicas count it as it was drawn.
 */
export const settlesByItself = ({ left, ahead }: PermitLease): boolean => left > 0 || ahead > 0;

/** The row as other replicas will read it: with those leases settled that settle by themselves. */
export const rowForOthers = (row: RateRow, own: readonly PermitLease[]): RateRow =>
  own.filter(settlesByItself).reduce(settleLease, row);

/** The row once the requests that waited for the lease are served, and what was drawn ahead is given back. */
export const servedRow = (row: RateRow, lease: PermitLease, nowMs: number): RateRow =>
  lease.ahead === 0
    ? row
    : addCounts(withoutLease(row, lease), [{ slot: slotOfSpendNow(lease, nowMs), spent: lease.needed, held: 0 }]);
