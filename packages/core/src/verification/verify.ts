import type { Verification, VerifyInput } from "@itsy/contract";
import type { SecretFormat } from "@itsy/key-format";

import type { WorkspaceActor } from "../access/actor.ts";
import type { Clock, VerificationRecord } from "../ports.ts";
import type { RateDecision, RateLimiter } from "../rate-limit/rate-decision.ts";
import type { UsageMeter } from "../usage/usage-counter.ts";
import { firstRefusal } from "./checks.ts";

/** Finds what is stored of a secret that passed the checksum; may answer from memory when memory cannot be stale. */
export interface RecordSource {
  find(secret: string): VerificationRecord | null | Promise<VerificationRecord | null>;
}

export interface VerifyDeps {
  readonly format: Pick<SecretFormat, "parse">;
  readonly records: RecordSource;
  readonly limiter: RateLimiter;
  readonly usage: UsageMeter;
  readonly clock: Clock;
}

export type Verify = (actor: WorkspaceActor, input: VerifyInput) => Verification | Promise<Verification>;

const notFound: Verification = Object.freeze({ valid: false, code: "NOT_FOUND" });

interface Counting {
  readonly cost: number;
  readonly nowMs: number;
}

const answer = (record: VerificationRecord, rate: RateDecision, cost: number): Verification => {
  if (!rate.accepted) {
    const { retryAfterMs, state } = rate;
    // No window ever admits a cost above the limit, so nobody is told when to come back.
    const again = cost > state.limit ? {} : { retryAfterMs };
    return { valid: false, code: "RATE_LIMITED", ...again, rateLimit: state };
  }
  const { keyId, workspace, project, environment, name, owner, metadata } = record;
  const permissions = [...record.permissions];
  return {
    valid: true,
    keyId,
    workspace,
    project,
    environment,
    name,
    owner,
    metadata,
    permissions,
    rateLimit: rate.state,
  };
};

/**
 * Is this key good, whose is it, may it go on? Answers at once, without a promise, when the record is remembered and
 * the limiter has permits, or a refusal, at hand.
 * The order of the checks: format and checksum, lookup, then `firstRefusal`, then the rate limit. A refused request
 * consumes nothing. Whatever is answered of a known key is counted. Never throws for a bad secret; throws when the
 * database cannot be asked, for the record or (then `RateLimitUnavailable`) for permits.
 */
export const createVerify = ({ format, records, limiter, usage, clock }: VerifyDeps): Verify => {
  const count = (record: VerificationRecord, verification: Verification, request: Counting): Verification => {
    const outcome = verification.valid ? "VALID" : verification.code;
    if (outcome !== "NOT_FOUND") usage.count(record, { ...request, outcome });
    return verification;
  };

  const judge = (
    actor: WorkspaceActor,
    input: VerifyInput,
    record: VerificationRecord | null,
  ): Verification | Promise<Verification> => {
    if (record === null) return notFound;
    const { cost = 1 } = input;
    const now = clock.now();
    const code = firstRefusal({ record, required: input, workspaceId: actor.workspaceId, now });
    // Also for a key of another workspace: its counts are none of the caller's.
    if (code === "NOT_FOUND") return notFound;
    const request = { cost, nowMs: now.getTime() };
    if (code !== null) return count(record, { valid: false, code }, request);
    const rate = limiter.take(record.keyId, record.requestsPerMinute, cost);
    return rate instanceof Promise
      ? rate.then((later) => count(record, answer(record, later, cost), request))
      : count(record, answer(record, rate, cost), request);
  };

  return (actor, input) => {
    if (!format.parse(input.secret).ok) return notFound;
    const found = records.find(input.secret);
    return found instanceof Promise ? found.then((record) => judge(actor, input, record)) : judge(actor, input, found);
  };
};
