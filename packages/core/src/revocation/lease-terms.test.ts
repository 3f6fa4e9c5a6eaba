import { expect, test } from "vitest";

import { createLeaseTerms, defaultLeaseTerms, patienceMs } from "./lease-terms.ts";

test("others wait a tenth longer than a lease lasts", () => {
  expect(patienceMs(2000)).toBe(2200);
  expect(patienceMs(1)).toBe(2);
});

test("a change counts as left over only when whoever made it waits no longer", () => {
  expect(defaultLeaseTerms.leftoverAfterMs).toBeGreaterThan(patienceMs(defaultLeaseTerms.leaseMs));
  expect(createLeaseTerms({ leaseMs: 60_000 }).leftoverAfterMs).toBeGreaterThan(patienceMs(60_000));
  expect(createLeaseTerms({ graceMs: 60_000 }).leftoverAfterMs).toBeGreaterThan(patienceMs(62_000));
});

test.each([
  { leaseMs: 0 },
  { leaseMs: Number.NaN },
  { leaseMs: Number.POSITIVE_INFINITY },
  { leaseMs: 1000 },
  { graceMs: -1 },
  { pollMs: -1 },
  { waitMaxMs: 0 },
])("terms that cannot work are refused: %o", (terms) => {
  expect(() => createLeaseTerms(terms)).toThrow(RangeError);
});
