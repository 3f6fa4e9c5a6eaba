import type { KubeTime } from "./kube-object.ts";
import type { Lease } from "./resources.ts";

/** A lease as this process saw it, and since when, on its own monotonic clock, it has not changed. */
export interface LeaseObservation {
  readonly record: string;
  readonly unchangedSinceMs: number;
}

/** What to do about a lease that this process wants. */
export type LeaseStep = "create" | "renew" | "take" | "wait";

const recordOf = ({ spec }: Lease): string =>
  JSON.stringify([spec?.holderIdentity, spec?.acquireTime, spec?.renewTime, spec?.leaseTransitions]);

/** The clock of the holder is not asked: a record counts from when this process first saw it. */
export const observeLease = (previous: LeaseObservation | null, lease: Lease, nowMs: number): LeaseObservation => {
  const record = recordOf(lease);
  return previous?.record === record ? previous : { record, unchangedSinceMs: nowMs };
};

/** The rules of client-go's leaderelection: a lease is free when it names nobody, or did not change for its duration. */
export const nextLeaseStep = (
  lease: Lease | null,
  observation: LeaseObservation | null,
  own: { readonly identity: string; readonly leaseDurationMs: number; readonly nowMs: number },
): LeaseStep => {
  if (lease === null || observation === null) return "create";
  const holder = lease.spec?.holderIdentity ?? "";
  if (holder === own.identity) return "renew";
  if (holder === "") return "take";
  const seconds = lease.spec?.leaseDurationSeconds;
  const durationMs = seconds === undefined ? own.leaseDurationMs : seconds * 1000;
  return own.nowMs - observation.unchangedSinceMs >= durationMs ? "take" : "wait";
};

/** A MicroTime: client-node and `Date` have milliseconds only, and the API server refuses those. */
export const microTime = (date: Date): KubeTime => date.toISOString().replace("Z", "000Z");

/** The spec that says: this process holds the lease from now on. */
export const heldSpec = (
  lease: Lease | null,
  holder: { readonly identity: string; readonly leaseDurationMs: number; readonly now: Date },
): NonNullable<Lease["spec"]> => {
  const { identity, leaseDurationMs, now } = holder;
  const spec = lease?.spec ?? {};
  const isSame = spec.holderIdentity === identity;
  const renewTime = microTime(now);
  return {
    ...spec,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    acquireTime: isSame ? (spec.acquireTime ?? renewTime) : renewTime,
    renewTime,
    leaseTransitions: (spec.leaseTransitions ?? 0) + (isSame || lease === null ? 0 : 1),
  };
};

/** The spec that says: anybody may take it at once. */
export const releasedSpec = (lease: Lease, now: Date): NonNullable<Lease["spec"]> => ({
  ...lease.spec,
  holderIdentity: "",
  leaseDurationSeconds: 1,
  renewTime: microTime(now),
});
