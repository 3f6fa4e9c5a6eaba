import type { ErrorCode, RefusalCode } from "@itsy/contract";
import type { BarrierResult, LeakOutcome } from "@itsy/core";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LeaseState } from "../revocation/follow-changes.ts";

import { countedElsewhere, countedElsewhereBy } from "./counted-elsewhere.ts";
import { shareInFlight } from "./in-flight.ts";
import { createRequestDurations, type Door } from "./request-durations.ts";
import { registerUsage, type UsageSource } from "./usage-metrics.ts";

/** Why a verification was refused, or that it was not. */
type VerifyOutcome = "VALID" | RefusalCode;

export interface Metrics {
  /** A request that was answered: with data (`OK`) or with an error's code. */
  request(door: Door, code: "OK" | ErrorCode, durationMs: number): void;
  /** A verification that was answered, through whichever door. */
  verification(outcome: VerifyOutcome): void;
  /** A secret that a scanner reported, and what became of it. */
  leak(outcome: LeakOutcome): void;
  readonly contentType: string;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

/** What the metrics ask when they are asked. */
export interface MemorySource {
  readonly size: () => number;
  readonly lookups: { readonly hits: number; readonly misses: number };
  readonly rates: {
    readonly calls: Readonly<Record<"reads" | "writes" | "conflicts" | "failures", number>>;
    readonly unavailable: () => number;
  };
  /** What was written under the current pepper, and what waits to be. */
  readonly repeppering: { readonly written: number; readonly waiting: number };
  readonly leaseState: () => LeaseState;
  readonly onSettled: (listener: (result: BarrierResult) => void) => void;
}

const WAIT_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10];

const registerMemory = (memory: MemorySource, registers: Registry[]): void => {
  const entries: Gauge = new Gauge({
    name: "itsy_verification_cache_entries",
    help: "Secrets that are remembered in this process.",
    registers,
    collect: () => entries.set(memory.size()),
  });
  countedElsewhereBy({
    name: "itsy_verification_cache_lookups_total",
    help: "Secrets that were answered from memory (hit), and for which the database was asked (miss).",
    label: "result",
    registers,
    read: () => [
      ["hit", memory.lookups.hits],
      ["miss", memory.lookups.misses],
    ],
  });
  const lease: Gauge = new Gauge({
    name: "itsy_verification_lease_held",
    help: "1 while this replica may answer from memory without the database; always 0 on an embedded database.",
    registers,
    collect: () => lease.set(memory.leaseState() === "none" ? 0 : 1),
  });
  const waits = new Histogram({
    name: "itsy_change_everywhere_seconds",
    help: "From the commit of a change until every replica followed (effective), or until that was given up (another outcome).",
    labelNames: ["outcome"],
    buckets: WAIT_BUCKETS_S,
    registers,
  });
  memory.onSettled((result) => {
    const outcome = result.effectiveEverywhere ? "effective" : result.reason;
    waits.observe({ outcome }, result.waitedMs / 1000);
  });
};

const registerRates = ({ calls, unavailable }: MemorySource["rates"], registers: Registry[]): void => {
  countedElsewhereBy({
    name: "itsy_rate_limit_database_calls_total",
    help: "Calls for permits: read, written, conflict (another replica wrote in between), failed.",
    label: "outcome",
    registers,
    read: () => [
      ["read", calls.reads],
      ["written", calls.writes],
      ["conflict", calls.conflicts],
      ["failed", calls.failures],
    ],
  });
  countedElsewhere({
    name: "itsy_rate_limit_unavailable_total",
    help: "Verifications that were neither accepted nor refused, since the database could not be asked for permits.",
    registers,
    read: unavailable,
  });
};

const registerRepeppering = (figures: MemorySource["repeppering"], registers: Registry[]): void => {
  countedElsewhere({
    name: "itsy_repeppered_total",
    help: "Secrets and tokens that this process has stored under the current pepper in place of an old one.",
    registers,
    read: () => figures.written,
  });
  const waiting: Gauge = new Gauge({
    name: "itsy_repepper_waiting",
    help: "Secrets and tokens that were found under an old pepper and are about to be stored under the current one.",
    registers,
    collect: () => waiting.set(figures.waiting),
  });
};

const registerVerifications = (registers: Registry[]) => {
  const counts = new Map<VerifyOutcome, number>();
  countedElsewhereBy({
    name: "itsy_verifications_total",
    help: "Verifications by outcome.",
    label: "outcome",
    registers,
    read: () => counts,
  });
  return (outcome: VerifyOutcome): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
};

/** No label ever holds what a caller sent. */
export const createMetrics = (memory: MemorySource, usage: UsageSource): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  registerMemory(memory, registers);
  registerRates(memory.rates, registers);
  registerRepeppering(memory.repeppering, registers);
  registerUsage(usage, registers);
  const leaks = new Counter({
    name: "itsy_leaks_total",
    help: "Secrets that scanners reported as found in public, by what became of them.",
    labelNames: ["outcome"],
    registers,
  });
  return Object.freeze({
    leak: (outcome: LeakOutcome) => leaks.inc({ outcome }),
    request: createRequestDurations(registry),
    verification: registerVerifications(registers),
    contentType: registry.contentType,
    text: shareInFlight(() => registry.metrics()),
  });
};
