import type { KubeClient } from "./kube-client.ts";
import { createLatch } from "./latch.ts";
import { createLeaseHolder } from "./lease-holder.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { type LeaderMetrics, noLeaderMetrics } from "./metrics.ts";
import { type Clock, sleep, systemClock, systemTimers, type Timers } from "./timers.ts";

export interface LeaderElectorOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Unique to this process, for example the pod's name and a random part. */
  readonly identity: string;
  /** Others take over when the lease did not change for so long. Default 15 s; whole seconds. */
  readonly leaseDurationMs?: number;
  /** The leader gives up when it could not renew for so long; must be below the lease duration. Default 10 s. */
  readonly renewDeadlineMs?: number;
  /** Between tries, with jitter. Default 2 s. */
  readonly retryPeriodMs?: number;
  readonly timers?: Timers;
  /** Only for the times that people read in the Lease. */
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly logger?: Logger;
  readonly metrics?: LeaderMetrics;
  /** The lease is lost while work may still run: end the process. */
  readonly onLost: () => void;
}

/** `stopped`: the work ended and the lease is released. `lost`: it could not be renewed. */
export type LeaderOutcome = "stopped" | "lost";

export interface LeaderElector {
  readonly isLeading: boolean;
  /**
   * Waits for the lease, then runs `lead` once. `lead`'s signal aborts when `signal` does or the lease is lost. On a
   * stop the lease is kept until `lead` has ended and is then released, so that the next leader starts at once and
   * never beside this one. Rejects only with what `lead` throws.
   */
  run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<LeaderOutcome>;
}

const neverAborts = new AbortController().signal;

const checked = (options: LeaderElectorOptions): Required<LeaderElectorOptions> => {
  const settings = {
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    timers: systemTimers,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noLeaderMetrics,
    ...options,
  };
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = settings;
  if (!(retryPeriodMs < renewDeadlineMs && renewDeadlineMs < leaseDurationMs))
    throw new RangeError("A leader needs retryPeriodMs < renewDeadlineMs < leaseDurationMs.");
  return settings;
};

/** Lets one of several processes lead, by a Lease. Two may still act for a moment: writes need preconditions. */
export const createLeaderElector = (options: LeaderElectorOptions): LeaderElector => {
  const settings = checked(options);
  const { renewDeadlineMs, retryPeriodMs, timers, random, metrics, onLost, identity } = settings;
  const logger = settings.logger.child({ lease: `${options.namespace}/${options.name}`, identity });
  const holder = createLeaseHolder({ ...settings, requestTimeoutMs: renewDeadlineMs / 2 });
  let leadingUntilMs = Number.NEGATIVE_INFINITY;

  const pause = (signal: AbortSignal): Promise<void> => sleep(timers, retryPeriodMs * (1 + random() / 5), signal);

  /** False when the signal aborted first. */
  const acquire = async (signal: AbortSignal): Promise<boolean> => {
    for (; !signal.aborted; await pause(signal)) {
      try {
        const attempt = await holder.attempt(signal);
        if (attempt.outcome === "other") continue;
        leadingUntilMs = attempt.sinceMs + renewDeadlineMs;
        return true;
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, "cannot look at the lease");
      }
    }
    return false;
  };

  /** Resolves when the signal aborts; calls `lose` as soon as the lease is somebody else's or the deadline passed. */
  const keep = async (signal: AbortSignal, lose: () => void): Promise<void> => {
    const arm = (): (() => void) => timers.setTimeout(lose, Math.max(0, leadingUntilMs - timers.monotonicMs()));
    let disarm = arm();
    for (await pause(signal); !signal.aborted; await pause(signal)) {
      try {
        const attempt = await holder.attempt(signal);
        if (signal.aborted) break;
        if (attempt.outcome === "other") lose();
        else leadingUntilMs = attempt.sinceMs + renewDeadlineMs;
        disarm();
        disarm = arm();
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, "cannot renew the lease");
      }
    }
    disarm();
  };

  const release = async (): Promise<void> => {
    try {
      await holder.release(neverAborts);
      logger.info({}, "released the lease");
    } catch (error) {
      logger.warn({ err: error }, "cannot release the lease; it ends by itself");
    }
  };

  const run: LeaderElector["run"] = async (signal, lead) => {
    if (!(await acquire(signal))) return "stopped";
    const stopWork = new AbortController();
    const stopKeeping = new AbortController();
    const lost = createLatch();
    const stop = (): void => stopWork.abort(signal.reason);
    const lose = (): void => {
      if (lost.isOpen) return;
      lost.open();
      leadingUntilMs = Number.NEGATIVE_INFINITY;
      metrics.leading(false);
      logger.error({}, "lost the lease");
      stopWork.abort(new Error("The lease is lost."));
      stopKeeping.abort();
      onLost();
    };
    logger.info({}, "leading");
    metrics.leading(true);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
    const keeping = keep(stopKeeping.signal, lose);
    try {
      await lead(stopWork.signal);
    } finally {
      signal.removeEventListener("abort", stop);
      stopKeeping.abort();
      await keeping;
      leadingUntilMs = Number.NEGATIVE_INFINITY;
      metrics.leading(false);
      if (!lost.isOpen) await release();
    }
    return lost.isOpen ? "lost" : "stopped";
  };

  return Object.freeze({
    get isLeading() {
      return timers.monotonicMs() < leadingUntilMs;
    },
    run,
  });
};
