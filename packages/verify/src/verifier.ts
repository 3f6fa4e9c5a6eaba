import { VerifyInput } from "@itsy/contract";
import { createSecretParser } from "@itsy/key-format/parser";

import { isOutage, type Refused, type VerifierAnswer } from "./answer.ts";
import { createBreaker } from "./breaker.ts";
import { pause, unlessAborted } from "./deadline.ts";
import { createExchange, type Question, unavailable } from "./exchange.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { settingsOf, type VerifierOptions } from "./settings.ts";
import { unheeded } from "./unheeded.ts";
import { VerifierError } from "./verifier-error.ts";

export interface VerifyCallOptions {
  /** Gives up at once: `verify` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Verifier {
  /**
   * Is this key good, whose is it, may it go on? Every call that the service accepts counts against the key's rate
   * limit. A malformed secret is refused without asking. Rejects with `INPUT_INVALID` and with the signal's reason only:
   * what happens to the key or to the service is in the answer.
   */
  readonly verify: (input: VerifyInput, options?: VerifyCallOptions) => Promise<VerifierAnswer>;
}

const notFound: Refused = Object.freeze({ outcome: "refused", code: "NOT_FOUND" });

const isFailure = (answer: VerifierAnswer) => answer.outcome === "unavailable" && isOutage(answer);

const jsonOf = (input: VerifyInput): string => {
  const parsed = VerifyInput.safeParse(input);
  if (parsed.success) return JSON.stringify(parsed.data);
  // The fields, never their values.
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`);
  throw new VerifierError("INPUT_INVALID", fields.join("; "));
};

// Looked up at each call, so that what replaces the global later (a tracer, a framework) is used too.
const platformFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
const platformMonotonicMs = () => performance.now();

/**
 * A verifier of one key service. Make one for each process and share it: the retry budget and the circuit breaker are
 * in it. Holds no connection and no timer of its own, nothing needs to be closed. Throws `OPTIONS_INVALID`.
 */
export const createVerifier = (options: VerifierOptions): Verifier => {
  const { endpoint, timeoutMs, attemptTimeoutMs, retry, breaker: breakerSettings } = settingsOf(options);
  const { token, brand = "itsy", onAnswer, fetch = platformFetch, random = Math.random } = options;
  const { monotonicMs = platformMonotonicMs } = options;
  const parser = createSecretParser({ brand });
  if (typeof token === "string" && !parser.parseToken(token).ok) {
    throw new VerifierError("OPTIONS_INVALID", `token must be a management token (${brand}_mt_…); its checksum counts`);
  }
  const exchange = createExchange({ endpoint, token, parser, fetch });
  const budget = createRetryBudget(retry, monotonicMs);
  const breaker = createBreaker<VerifierAnswer>({
    settings: { ...breakerSettings, probeLostAfterMs: 2 * attemptTimeoutMs },
    monotonicMs,
    isFailure,
  });

  const attempt = (question: Question, limitMs: number, signal: AbortSignal | undefined) =>
    // A caller that gives up must not decide whether the circuit closes: the probe goes on without it.
    breaker.run((probe) => exchange(question, { limitMs, signal: probe ? undefined : signal }));

  const ask = async (question: Question, signal: AbortSignal | undefined) => {
    const endsAtMs = monotonicMs() + timeoutMs;
    let last: VerifierAnswer | null = null;
    for (let attempts = 1; ; attempts++) {
      const limitMs = Math.min(attemptTimeoutMs, endsAtMs - monotonicMs());
      const answer = await unlessAborted(attempt(question, limitMs, signal), signal);
      if (answer === null) {
        // Opened by others while this call waited for its retry: its own failure says more.
        const open = unavailable({ reason: "CIRCUIT_OPEN", retryAfterMs: breaker.waitMs() });
        return { answer: last ?? open, attempts: attempts - 1 };
      }
      if (attempts === 1) budget.earn();
      last = answer;
      if (!isFailure(answer) || attempts === retry.attemptsMax || !breaker.isClosed()) return { answer, attempts };
      const delayMs = random() * retry.delayMs * 2 ** (attempts - 1);
      if (monotonicMs() + delayMs >= endsAtMs || !budget.spend()) return { answer, attempts };
      await pause(delayMs, signal);
      if (monotonicMs() >= endsAtMs) return { answer, attempts };
    }
  };

  const verify = async (input: VerifyInput, signal: AbortSignal | undefined) => {
    const parsed = parser.parse(input.secret);
    if (!parsed.ok) return { answer: notFound, attempts: 0 };
    const expected = { environment: parsed.environment, project: input.project, permissions: input.permissions };
    return ask({ body: jsonOf(input), expected }, signal);
  };

  return Object.freeze({
    verify: async (input: VerifyInput, { signal }: VerifyCallOptions = {}) => {
      signal?.throwIfAborted();
      const beganMs = monotonicMs();
      const { answer, attempts } = await verify(input, signal);
      const tookMs = monotonicMs() - beganMs;
      unheeded(() => onAnswer?.(answer, { attempts, tookMs }));
      return answer;
    },
  });
};
