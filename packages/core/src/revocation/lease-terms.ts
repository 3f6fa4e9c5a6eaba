/** How long things take; all in milliseconds. Replicas of one installation may differ in all of them. */
export interface LeaseTerms {
  /**
   * How long a replica trusts its memory without the database, from before it asked.
   */
  readonly leaseMs: number;
  /**
   * How much longer it serves what it remembers while the database cannot be asked. It asks first, where it can. Whoever
   * waits for a replica cannot tell an outage from a replica that hangs, so a change waits for both: see `holdMs`.
   */
  readonly graceMs: number;
  /** How often a replica looks for changes. */
  readonly pollMs: number;
  /** The same while there are changes that others may be waiting for. */
  readonly busyPollMs: number;
  /** How often a replica renews its lease when nothing changes. */
  readonly renewEveryMs: number;
  /** How often a change that waits looks at the replicas. */
  readonly waitPollMs: number;
  /** When a change stops waiting, done or not. Infinite unless a lease is longer than callers are patient. */
  readonly waitMaxMs: number;
  /** How often a replica looks for replicas that are dead and changes that nobody waits for. */
  readonly sweepEveryMs: number;
  /** After how long a change counts as one that nobody waits for. */
  readonly leftoverAfterMs: number;
}

/**
 * How much longer than a lease others wait before they hold it to be over, as a part of it: the clocks of two machines
 * may differ in speed by less than this. Real ones differ by less than a thousandth.
 */
const CLOCK_MARGIN = 0.1;

/** How long an answer from memory may come after the look at the feed that it rests on: what others have to wait for. */
export const holdMs = ({ leaseMs, graceMs }: Pick<LeaseTerms, "leaseMs" | "graceMs">): number => leaseMs + graceMs;

/** After how long, on the clock of another machine, a lease is over on that of its holder. */
export const patienceMs = (leaseMs: number): number => Math.ceil(leaseMs * (1 + CLOCK_MARGIN));

export const defaultLeaseTerms: LeaseTerms = Object.freeze({
  leaseMs: 2000,
  graceMs: 0,
  pollMs: 50,
  busyPollMs: 10,
  renewEveryMs: 500,
  waitPollMs: 10,
  waitMaxMs: Number.POSITIVE_INFINITY,
  sweepEveryMs: 500,
  leftoverAfterMs: 5000,
});

/** @throws RangeError for terms under which a healthy replica would lose its lease or nothing would be waited for. */
export const createLeaseTerms = (given: Partial<LeaseTerms> = {}): LeaseTerms => {
  const { leaseMs, graceMs } = { ...defaultLeaseTerms, ...given };
  const leftoverAfterMs = 2 * patienceMs(holdMs({ leaseMs, graceMs }));
  const terms = { ...defaultLeaseTerms, leftoverAfterMs, ...given };
  for (const [name, value] of Object.entries(terms)) {
    if (!(value > 0 || (name === "graceMs" && value === 0))) throw new RangeError(`${name} must be above 0`);
  }
  if (!Number.isFinite(leaseMs + graceMs)) throw new RangeError("leaseMs and graceMs must be finite");
  if (terms.renewEveryMs + terms.pollMs >= leaseMs / 2) {
    throw new RangeError("renewEveryMs and pollMs together must be below half of leaseMs");
  }
  return Object.freeze(terms);
};
