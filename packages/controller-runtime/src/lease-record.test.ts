import { expect, test } from "vitest";
import { heldSpec, microTime, nextLeaseStep, observeLease, releasedSpec } from "./lease-record.ts";
import type { Lease } from "./resources.ts";

const own = { identity: "me", leaseDurationMs: 15_000 };
const lease = (spec: Lease["spec"]): Lease => ({ metadata: { name: "l", namespace: "n" }, spec: spec ?? {} });
const others = lease({ holderIdentity: "other", leaseDurationSeconds: 10, renewTime: "2026-11-22T10:00:00.000000Z" });

test("a lease that nobody made is created", () => {
  expect(nextLeaseStep(null, null, { ...own, nowMs: 0 })).toBe("create");
});

test("a lease is free only after it was seen unchanged for the duration that its holder promised", () => {
  const seen = observeLease(null, others, 1_000);
  expect(nextLeaseStep(others, seen, { ...own, nowMs: 10_999 })).toBe("wait");
  expect(nextLeaseStep(others, seen, { ...own, nowMs: 11_000 })).toBe("take");
});

test("a renewal that was seen starts the wait anew; the holder's wall clock does not matter", () => {
  const ancient = lease({ ...others.spec, renewTime: "1999-01-01T00:00:00.000000Z" });
  const seen = observeLease(observeLease(null, others, 0), ancient, 9_000);
  expect(nextLeaseStep(ancient, seen, { ...own, nowMs: 18_999 })).toBe("wait");
  expect(observeLease(seen, ancient, 12_000)).toBe(seen);
});

test("a released lease is taken at once", () => {
  const released = lease(releasedSpec(others, new Date()));
  expect(nextLeaseStep(released, observeLease(null, released, 0), { ...own, nowMs: 0 })).toBe("take");
});

test("taking counts a transition, renewing does not", () => {
  const now = new Date("2026-11-22T10:00:00.123Z");
  const taken = heldSpec(lease({ ...others.spec, leaseTransitions: 3 }), { ...own, now });
  expect(taken).toMatchObject({
    holderIdentity: "me",
    leaseTransitions: 4,
    acquireTime: "2026-11-22T10:00:00.123000Z",
  });
  const later = heldSpec(lease(taken), { ...own, now: new Date("2026-11-22T10:00:02Z") });
  expect(later).toMatchObject({ leaseTransitions: 4, acquireTime: taken.acquireTime, leaseDurationSeconds: 15 });
  expect(later.renewTime).toBe("2026-11-22T10:00:02.000000Z");
});

test("times have six digits after the second", () => {
  expect(microTime(new Date(0))).toBe("1970-01-01T00:00:00.000000Z");
});
