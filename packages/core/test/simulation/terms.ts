import { createLeaseTerms } from "@itsy/core";

/** A twentieth of the real ones: the proof knows no unit. */
export const simulatedTerms = createLeaseTerms({
  leaseMs: 100,
  pollMs: 15,
  busyPollMs: 3,
  renewEveryMs: 30,
  waitPollMs: 3,
  sweepEveryMs: 30,
  leftoverAfterMs: 240,
});

/** The same, and memory outlasts the lease while the database is down. */
export const termsWithGrace = createLeaseTerms({ ...simulatedTerms, graceMs: 60, leftoverAfterMs: 360 });
