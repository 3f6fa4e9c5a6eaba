import type { KubeClient } from "./kube-client.ts";
import { isAlreadyExists, isConflict, isNotFound } from "./kube-error.ts";
import type { Stored } from "./kube-object.ts";
import { heldSpec, type LeaseObservation, nextLeaseStep, observeLease, releasedSpec } from "./lease-record.ts";
import { type Lease, Leases } from "./resources.ts";
import type { Clock, Timers } from "./timers.ts";

/** `held`: ours, counted from before the write was sent. `other`: somebody else's. */
type LeaseAttempt = { readonly outcome: "held"; readonly sinceMs: number } | { readonly outcome: "other" };

export interface LeaseHolder {
  /** Takes or renews the lease when the rules allow. Rejects with a `KubeError` when it cannot be known. */
  attempt(signal: AbortSignal): Promise<LeaseAttempt>;
  release(signal: AbortSignal): Promise<void>;
}

const RELEASE_ATTEMPTS = 3;

export const createLeaseHolder = (options: {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly requestTimeoutMs: number;
  readonly timers: Timers;
  readonly clock: Clock;
}): LeaseHolder => {
  const { client, namespace, name, identity, leaseDurationMs, timers, clock } = options;
  const timeoutMs = options.requestTimeoutMs;
  let known: Stored<Lease> | null = null;
  let observation: LeaseObservation | null = null;

  const look = async (signal: AbortSignal): Promise<void> => {
    known = await client.get(Leases, { namespace, name }, { signal, timeoutMs });
    observation = known === null ? null : observeLease(observation, known, timers.monotonicMs());
  };

  const write = async (signal: AbortSignal): Promise<void> => {
    const spec = heldSpec(known, { identity, leaseDurationMs, now: clock.now() });
    const limits = { signal, timeoutMs };
    // With the resourceVersion that was seen, so that of two takers one gets a conflict.
    known =
      known === null
        ? await client.create(Leases, { metadata: { namespace, name }, spec }, limits)
        : await client.replace(Leases, { ...known, spec }, limits);
    observation = observeLease(observation, known, timers.monotonicMs());
  };

  const attempt = async (signal: AbortSignal): Promise<LeaseAttempt> => {
    // A holder renews what it wrote last without reading it again.
    if (known?.spec?.holderIdentity !== identity) await look(signal);
    const sinceMs = timers.monotonicMs();
    const step = nextLeaseStep(known, observation, { identity, leaseDurationMs, nowMs: sinceMs });
    if (step === "wait") return { outcome: "other" };
    try {
      await write(signal);
      return { outcome: "held", sinceMs };
    } catch (error) {
      const raced = isConflict(error) || isAlreadyExists(error) || isNotFound(error);
      // After a lost answer, too, the lease is read again before the next step.
      known = null;
      if (!raced) throw error;
      await look(signal);
      const holder = (known as Stored<Lease> | null)?.spec?.holderIdentity ?? "";
      // Still ours: an earlier write arrived whose answer was lost, or somebody touched the labels. Renew on that.
      return holder === identity ? attempt(signal) : { outcome: "other" };
    }
  };

  return Object.freeze({
    attempt,
    release: async (signal: AbortSignal) => {
      for (let attemptsLeft = RELEASE_ATTEMPTS; ; attemptsLeft -= 1) {
        if (known?.spec?.holderIdentity !== identity) await look(signal);
        if (known?.spec?.holderIdentity !== identity) return;
        try {
          await client.replace(Leases, { ...known, spec: releasedSpec(known, clock.now()) }, { signal, timeoutMs });
          return;
        } catch (error) {
          // A renewal that was given up on its way arrived after all: look again.
          if (!isConflict(error) || attemptsLeft === 1) throw error;
          known = null;
        }
      }
    },
  });
};
