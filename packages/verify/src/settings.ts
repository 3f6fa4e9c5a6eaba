import { readServiceAddress } from "@itsy/contract";

import type { VerifierAnswer } from "./answer.ts";
import type { BreakerSettings } from "./breaker.ts";
import type { RetryBudgetSettings } from "./retry-budget.ts";
import { VerifierError } from "./verifier-error.ts";

export interface RetrySettings extends RetryBudgetSettings {
  /** Attempts of one call, the first included; 1 means never again. */
  readonly attemptsMax: number;
  /** The longest wait before the second attempt, in milliseconds; doubles with each further one, drawn evenly from 0. */
  readonly delayMs: number;
}

/** How one call went, for metrics and logs. */
export interface CallReport {
  /** 0 when the answer needed no call: a malformed secret, or an open circuit. */
  readonly attempts: number;
  readonly tookMs: number;
}

export interface VerifierOptions {
  /** Where the key service listens, for example `https://keys.example.com`. */
  readonly url: string;
  /** A management token (`itsy_mt_…`), or where to read it anew for each attempt, for tokens that are rotated. */
  readonly token: string | (() => string | Promise<string>);
  /** How long `verify` may take with all its attempts, in milliseconds. Default: 2 000. */
  readonly timeoutMs?: number;
  /** How long one attempt may take, in milliseconds. Default: half of `timeoutMs`. */
  readonly attemptTimeoutMs?: number;
  readonly retry?: Partial<RetrySettings>;
  readonly breaker?: Partial<BreakerSettings>;
  /** The first word of the installation's secrets and tokens. Default: `itsy`. */
  readonly brand?: string;
  /**
   * Told of every answer. Gets no secret. What it throws, or rejects with later, is ignored: watching must not change
   * what is watched.
   */
  readonly onAnswer?: (answer: VerifierAnswer, report: CallReport) => unknown;
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds on a clock that never goes back. Default: `performance.now`. */
  readonly monotonicMs?: () => number;
  /** From 0 to below 1; spreads retries. Default: `Math.random`. */
  readonly random?: () => number;
}

const TIMEOUT_MS_DEFAULT = 2000;
const DELAY_MS_DEFAULT = 50;
const WINDOW_ATTEMPTS_DEFAULT = 20;
const ATTEMPTS_MIN_DEFAULT = 10;

// A default gives way to what is given: nobody should have to know it to set something else.
const retryOf = (timeoutMs: number, retry: VerifierOptions["retry"] = {}): RetrySettings => {
  const { attemptsMax = 2, delayMs = Math.min(DELAY_MS_DEFAULT, timeoutMs), share = 0.1, floorPerMinute = 10 } = retry;
  return { attemptsMax, delayMs, share, floorPerMinute };
};
const breakerOf = (breaker: VerifierOptions["breaker"] = {}): BreakerSettings => {
  const { failureShare = 0.5, halfOpenAfterMs = 2000 } = breaker;
  const { windowAttempts = Math.max(WINDOW_ATTEMPTS_DEFAULT, breaker.attemptsMin ?? 0) } = breaker;
  const { attemptsMin = Math.min(ATTEMPTS_MIN_DEFAULT, windowAttempts) } = breaker;
  return { failureShare, windowAttempts, attemptsMin, halfOpenAfterMs };
};

export interface Settings {
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly retry: RetrySettings;
  readonly breaker: BreakerSettings;
}

const invalid = (message: string) => new VerifierError("OPTIONS_INVALID", message);

interface Range {
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
}

const assertNumber = (name: string, value: number, { min, max = Number.MAX_SAFE_INTEGER, whole = false }: Range) => {
  const isFit = value >= min && value <= max && (!whole || Number.isInteger(value));
  if (!isFit) throw invalid(`${name} must be a${whole ? " whole" : ""} number from ${min} to ${max}`);
};

const endpointOf = (url: string): string => {
  const read = readServiceAddress(url);
  if ("flaw" in read) throw invalid(`url ${read.flaw}`);
  return `${read.address}/v1/verify`;
};

/** The longest that a timer can run (2^31 - 1 ms). */
const TIMER_MS_MAX = 2_147_483_647;

/** Fills in the defaults. Throws `OPTIONS_INVALID`. */
export const settingsOf = (options: VerifierOptions): Settings => {
  const { timeoutMs = TIMEOUT_MS_DEFAULT, attemptTimeoutMs = Math.ceil(timeoutMs / 2) } = options;
  const retry = retryOf(timeoutMs, options.retry);
  const breaker = breakerOf(options.breaker);
  assertNumber("timeoutMs", timeoutMs, { min: 1, max: TIMER_MS_MAX });
  assertNumber("attemptTimeoutMs", attemptTimeoutMs, { min: 1, max: timeoutMs });
  assertNumber("retry.attemptsMax", retry.attemptsMax, { min: 1, max: 10, whole: true });
  assertNumber("retry.delayMs", retry.delayMs, { min: 0, max: timeoutMs });
  assertNumber("retry.share", retry.share, { min: 0, max: 1 });
  assertNumber("retry.floorPerMinute", retry.floorPerMinute, { min: 0 });
  assertNumber("breaker.failureShare", breaker.failureShare, { min: 0.01, max: 0.99 });
  assertNumber("breaker.windowAttempts", breaker.windowAttempts, { min: 1, max: 10_000, whole: true });
  assertNumber("breaker.attemptsMin", breaker.attemptsMin, { min: 1, max: breaker.windowAttempts, whole: true });
  assertNumber("breaker.halfOpenAfterMs", breaker.halfOpenAfterMs, { min: 0 });
  return Object.freeze({ endpoint: endpointOf(options.url), timeoutMs, attemptTimeoutMs, retry, breaker });
};
