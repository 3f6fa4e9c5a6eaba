import type { ErrorCode, RefusalCode } from "@itsy/contract";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The ways in; `other` is whatever is not one of ours. */
export type Door = "verify" | "forward_auth" | "trpc" | "health" | "metrics" | "other";

/** Why a verification was refused, or that it was not. */
type VerifyOutcome = "VALID" | RefusalCode;

export interface Metrics {
  /** A request that was answered: with data (`OK`) or with an error's code. */
  request(door: Door, code: "OK" | ErrorCode, durationMs: number): void;
  /** A verification that was answered, through whichever door. */
  verification(outcome: VerifyOutcome): void;
  readonly contentType: string;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

const DURATION_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];

/** No label ever holds what a caller sent. `cachedSecrets` is asked when the metrics are. */
export const createMetrics = ({ cachedSecrets }: { readonly cachedSecrets: () => number }): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: "itsy_request_duration_seconds",
    help: "Time to answer a request, by door and by the code of the answer.",
    labelNames: ["door", "code"],
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const verifications = new Counter({
    name: "itsy_verifications_total",
    help: "Verifications by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const entries: Gauge = new Gauge({
    name: "itsy_verification_cache_entries",
    help: "Secrets whose record is remembered in this process.",
    registers,
    collect: () => entries.set(cachedSecrets()),
  });
  return Object.freeze({
    request: (door: Door, code: "OK" | ErrorCode, durationMs: number) =>
      durations.observe({ door, code }, durationMs / 1000),
    verification: (outcome: VerifyOutcome) => verifications.inc({ outcome }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  });
};
